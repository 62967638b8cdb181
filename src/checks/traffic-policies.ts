import { managedRuleKey, ruleHost } from "./destination-rule.ts";
import { asNumber, asRecord, asRecords, asText, at, keyOf, type Raw } from "./raw.ts";
import type { CheckWorld } from "./types.ts";

export interface TrafficPolicy {
  /** "shop/checkout". */
  key: string;
  path: string;
  policy: Raw;
  /** The subset that it is for; all when absent. */
  subset?: string;
  /** The Service's port that it is for; all when absent. */
  port?: number;
}

/** The traffic policies that callers of the Rollout's Service go by: of its rules, of the subsets and of single ports. */
export function trafficPolicies(world: CheckWorld): TrafficPolicy[] {
  const { rollout, destinationRules } = world;
  if (rollout.spec.traffic.istio === undefined) return [];
  const { key: managed } = managedRuleKey(world);
  return destinationRules
    .filter((rule) => keyOf(rule) === managed || ruleHost(rule, rollout.serviceHost) === rollout.serviceHost)
    .flatMap((rule) => {
      const key = keyOf(rule);
      const whole: TrafficPolicy = {
        key,
        path: "spec.trafficPolicy",
        policy: asRecord(at(rule, "spec", "trafficPolicy")),
      };
      const subsets = asRecords(at(rule, "spec", "subsets")).map((subset, index) => ({
        key,
        path: `spec.subsets[${index}].trafficPolicy`,
        policy: asRecord(subset["trafficPolicy"]),
        subset: asText(subset["name"]) ?? "",
      }));
      return [whole, ...subsets].flatMap((policy) => [policy, ...portsOf(policy)]);
    });
}

function portsOf(policy: TrafficPolicy): TrafficPolicy[] {
  return asRecords(policy.policy["portLevelSettings"]).map((each, index) => {
    const port = asNumber(at(each, "port", "number"));
    return {
      ...policy,
      path: `${policy.path}.portLevelSettings[${index}]`,
      policy: each,
      ...(port === undefined ? {} : { port }),
    };
  });
}
