import type { z } from "zod";
import { type Problem as FieldProblem, problemAt, problemsOf } from "../../api/problem.ts";
import type { KubeObject } from "../../kube/port.ts";
import { authorizationPolicySpec } from "./authorization-policy.ts";
import { destinationRuleSpec } from "./destination-rule.ts";
import { gatewaySpec } from "./gateway.ts";
import { isDnsLabel } from "./names.ts";
import { peerAuthenticationSpec } from "./peer-authentication.ts";
import { virtualServiceSpec } from "./virtual-service.ts";

interface Kind {
  group: string;
  spec(namespace: string): z.ZodType;
}

const KINDS: Readonly<Record<string, Kind>> = {
  VirtualService: { group: "networking.istio.io", spec: virtualServiceSpec },
  DestinationRule: { group: "networking.istio.io", spec: destinationRuleSpec },
  Gateway: { group: "networking.istio.io", spec: () => gatewaySpec },
  AuthorizationPolicy: { group: "security.istio.io", spec: () => authorizationPolicySpec },
  PeerAuthentication: { group: "security.istio.io", spec: () => peerAuthenticationSpec },
};

const DRY_RUN = "istio.io/dry-run";

/** Whether `object` is of one of the kinds of Istio that can be judged. */
export function isIstioObject({ apiVersion, kind }: KubeObject): boolean {
  return KINDS[kind]?.group === apiVersion.split("/")[0];
}

/**
 * Why Istio would refuse `object`: what its CRD says of fields and values, and what its webhook says besides. The syntax of regular
 * expressions and of values of headers is left to Istio.
 */
export function istioProblems(object: KubeObject): FieldProblem[] {
  const kind = KINDS[object.kind];
  if (kind === undefined || !isIstioObject(object)) return [];
  const schema = kind.spec(object.metadata.namespace ?? "");
  const spec = object["spec"] === undefined ? {} : object["spec"];
  const parsed = schema.safeParse(spec);
  return [
    ...nameProblems(object),
    ...dryRunProblems(object),
    ...(parsed.success ? [] : problemsOf(schema, spec, parsed.error.issues, ["spec"])),
  ];
}

/** Envoys find a Gateway by its name as a label. */
function nameProblems({ kind, metadata }: KubeObject): FieldProblem[] {
  if (kind !== "Gateway" || isDnsLabel(metadata.name)) return [];
  return [problemAt(["metadata", "name"], `expected letters, digits and '-', got ${JSON.stringify(metadata.name)}`)];
}

function dryRunProblems(object: KubeObject): FieldProblem[] {
  const value = object.metadata.annotations?.[DRY_RUN];
  if (value === undefined) return [];
  const at = (message: string) => [problemAt(["metadata", "annotations", DRY_RUN], message)];
  if (object.kind !== "AuthorizationPolicy") return at("only an AuthorizationPolicy can be tried out: take it away");
  const action = (object["spec"] as { action?: unknown } | undefined)?.action ?? "ALLOW";
  if (action !== "ALLOW" && action !== "DENY") return at("only ALLOW and DENY can be tried out: take it away");
  return /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)
    ? []
    : at(`expected "true" or "false", got ${JSON.stringify(value)}`);
}
