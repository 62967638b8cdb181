import { canaryReady } from "./canary-ready.ts";
import { deadlines } from "./deadlines.ts";
import { metricsLive } from "./metrics-live.ts";
import { nameFree } from "./name-free.ts";
import { portProtocol } from "./port-protocol.ts";
import { quota } from "./quota.ts";
import { rbacSelf } from "./rbac-self.ts";
import { routeExists } from "./route-exists.ts";
import { routeUnique } from "./route-unique.ts";
import { soleOwner } from "./sole-owner.ts";
import { subsetDefined } from "./subset-defined.ts";
import { subsetSelectsPods } from "./subset-selects-pods.ts";
import { thresholdOnBucket } from "./threshold-on-bucket.ts";
import { twinPossible } from "./twin-possible.ts";
import type { Check, CheckWorld, Finding } from "./types.ts";
import { unmanagedCallers } from "./unmanaged-callers.ts";
import { webhookDryRun } from "./webhook-dry-run.ts";
import { weightsSane } from "./weights-sane.ts";

/** Every check, by number. To add one: its file, its test, and a line here. */
export const CHECKS: readonly Check[] = [
  routeExists,
  routeUnique,
  weightsSane,
  subsetDefined,
  subsetSelectsPods,
  portProtocol,
  canaryReady,
  metricsLive,
  thresholdOnBucket,
  webhookDryRun,
  rbacSelf,
  twinPossible,
  quota,
  deadlines,
  nameFree,
  unmanagedCallers,
  soleOwner,
];

/** What every check found, failures first, else by number. */
export function runChecks(world: CheckWorld): Finding[] {
  const findings = CHECKS.flatMap((check) => check.run(world));
  return [...findings.filter(isFailure), ...findings.filter((finding) => !isFailure(finding))];
}

/** Preflight passes when nothing failed; warnings are told and do not stop a run. */
export function passes(findings: readonly Finding[]): boolean {
  return !findings.some(isFailure);
}

function isFailure(finding: Finding): boolean {
  return finding.severity === "fail";
}
