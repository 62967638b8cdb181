import { deadlines } from "./deadlines.ts";
import { istioObject } from "./istio-object.ts";
import { gatewayApiObject } from "./gateway-api-object.ts";
import { gatewayCoverage } from "./gateway-coverage.ts";
import { inboundAuthzCoversCanary } from "./inbound-authz-covers-canary.ts";
import { mtlsClientConflict } from "./mtls-client-conflict.ts";
import { peerAuthParity } from "./peerauth-parity.ts";
import { routeUnique } from "./route-unique.ts";
import { soleOwner } from "./sole-owner.ts";
import { unmanagedCallers } from "./unmanaged-callers.ts";
import { mirrorSafety } from "./mirror-safety.ts";
import { outlierSinglePod } from "./outlier-single-pod.ts";
import { poolTooSmall } from "./pool-too-small.ts";
import { portProtocol } from "./port-protocol.ts";
import { principalAccountExists } from "./principal-account-exists.ts";
import { principalSyntax } from "./principal-syntax.ts";
import { retryAmplification } from "./retry-amplification.ts";
import { routeExists } from "./route-exists.ts";
import { routeReachable } from "./route-reachable.ts";
import { subsetDefined } from "./subset-defined.ts";
import { thresholdOnBucket } from "./threshold-on-bucket.ts";
import { twinPossible } from "./twin-possible.ts";
import type { Check, CheckHead, ObjectCheck } from "./types.ts";
import { weightsSane } from "./weights-sane.ts";

/** What a check needs to be among the files: without it, it would tell of what is kept elsewhere. */
export type Needs = "nothing" | "routes" | "rule" | "service" | "workload";

/** The checks that files alone can answer, by number. Those that preflight does not make are LINT_ONLY. */
export const LINT_CHECKS: readonly { check: Check; needs: Needs }[] = [
  { check: routeExists, needs: "routes" },
  { check: routeUnique, needs: "routes" },
  { check: routeReachable, needs: "routes" },
  { check: gatewayCoverage, needs: "routes" },
  { check: weightsSane, needs: "routes" },
  { check: subsetDefined, needs: "rule" },
  { check: portProtocol, needs: "service" },
  { check: inboundAuthzCoversCanary, needs: "workload" },
  { check: peerAuthParity, needs: "workload" },
  { check: mtlsClientConflict, needs: "workload" },
  { check: thresholdOnBucket, needs: "nothing" },
  { check: outlierSinglePod, needs: "workload" },
  { check: poolTooSmall, needs: "nothing" },
  { check: retryAmplification, needs: "routes" },
  { check: mirrorSafety, needs: "routes" },
  { check: twinPossible, needs: "workload" },
  { check: deadlines, needs: "workload" },
  { check: unmanagedCallers, needs: "routes" },
  { check: soleOwner, needs: "nothing" },
];

/** The checks of all AuthorizationPolicies together: what they say does not depend on a Rollout. */
export const POLICY_CHECKS: readonly Check[] = [principalSyntax, principalAccountExists];

/** The checks that look at one object after the other. */
export const OBJECT_CHECKS: readonly ObjectCheck[] = [istioObject, gatewayApiObject];

export const LINT_ONLY: readonly CheckHead[] = [
  routeReachable,
  gatewayCoverage,
  inboundAuthzCoversCanary,
  principalSyntax,
  principalAccountExists,
  peerAuthParity,
  mtlsClientConflict,
  outlierSinglePod,
  poolTooSmall,
  retryAmplification,
  mirrorSafety,
  ...OBJECT_CHECKS,
];

/** All that lint may tell of. */
export const LINT_HEADS: readonly CheckHead[] = [
  ...LINT_CHECKS.map(({ check }) => check),
  ...POLICY_CHECKS,
  ...OBJECT_CHECKS,
];
