import { type Problem, problemsOf } from "../../api/problem.ts";
import type { KubeObject } from "../../kube/port.ts";
import { httpRouteSpec } from "./http-route.ts";

/** Fields with a default, for which the API server takes null as nothing. `path` has one in a match only. */
const DEFAULTED = [
  "rules",
  "matches",
  "type",
  "value",
  "weight",
  "group",
  "kind",
  "statusCode",
  "denominator",
  "maxAge",
];

/** Why the API server would refuse an HTTPRoute, by the Gateway API's standard channel; nothing for other kinds. */
export function httpRouteProblems(object: KubeObject): Problem[] {
  if (object.kind !== "HTTPRoute" || !object.apiVersion.startsWith("gateway.networking.k8s.io/")) return [];
  const spec = withoutNulls(object["spec"], "spec");
  const parsed = httpRouteSpec.safeParse(spec);
  return parsed.success ? [] : problemsOf(httpRouteSpec, spec, parsed.error.issues, ["spec"]);
}

function withoutNulls(value: unknown, within: string): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutNulls(each, within));
  if (typeof value !== "object" || value === null) return value;
  const isNothing = (key: string, each: unknown) =>
    each === null && (DEFAULTED.includes(key) || (key === "path" && within === "matches"));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => !isNothing(key, each))
      .map(([key, each]) => [key, withoutNulls(each, key)]),
  );
}
