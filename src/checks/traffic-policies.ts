import { managedRuleKey, ruleHost } from "./destination-rule.ts";
import { asRecord, asRecords, at, keyOf, type Raw } from "./raw.ts";
import type { CheckWorld } from "./types.ts";

export interface TrafficPolicy {
  /** "shop/checkout". */
  key: string;
  path: string;
  policy: Raw;
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
      const whole = { key, path: "spec.trafficPolicy", policy: asRecord(at(rule, "spec", "trafficPolicy")) };
      const subsets = asRecords(at(rule, "spec", "subsets")).map((subset, index) => ({
        key,
        path: `spec.subsets[${index}].trafficPolicy`,
        policy: asRecord(subset["trafficPolicy"]),
      }));
      const ports = asRecords(whole.policy["portLevelSettings"]).map((policy, index) => ({
        key,
        path: `spec.trafficPolicy.portLevelSettings[${index}]`,
        policy,
      }));
      return [whole, ...subsets, ...ports];
    });
}
