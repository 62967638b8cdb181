import { weightPercent } from "../api/units.ts";
import { defineCheck } from "./define.ts";
import { asNumber, at } from "./raw.ts";
import { trafficPolicies } from "./traffic-policies.ts";
import type { CheckWorld } from "./types.ts";

/** Istio's own default: what a healthy service may well have in a row. */
const FEW_ERRORS = 5;

export const outlierSinglePod = defineCheck(
  {
    id: "outlier-single-pod",
    number: 23,
    title: "Outlier detection does not eject the only pod of a candidate after a few errors.",
    severity: "warn",
    reason:
      "Envoy may always eject one host, and Istio lets none stand in for it: with a single pod all requests to the candidate then get 503 (UH), and a good release looks broken.",
    remedy: "Raise consecutive5xxErrors, or let the first step have a weight that takes two pods.",
  },
  (world) => {
    const replicas = fewestReplicas(world);
    const first = world.rollout.spec.steps[0];
    if (replicas === undefined || first === undefined) return [];
    if (Math.ceil((replicas * weightPercent(first.weight)) / 100) > 1) return [];
    return trafficPolicies(world).flatMap(({ key, path, policy }) =>
      ["consecutive5xxErrors", "consecutiveGatewayErrors"].flatMap((field) => {
        const errors = asNumber(at(policy, "outlierDetection", field));
        if (errors === undefined || errors <= 0 || errors > FEW_ERRORS) return [];
        return [
          {
            message: `DestinationRule ${key} ${path}.outlierDetection.${field} is ${errors}, and step ${first.name} has a single pod: ${errors === 1 ? "one error ejects" : `${errors} errors in a row eject`} all of it.`,
            place: { kind: "DestinationRule", key, path: `${path}.outlierDetection.${field}` },
          },
        ];
      }),
    );
  },
);

/** Where an autoscaler decides, as few as it may; undefined where neither it nor the Deployment says how many. */
function fewestReplicas({ rollout, workload, autoscalers = [] }: CheckWorld): number | undefined {
  const autoscaler = autoscalers.find(
    (each) =>
      at(each, "spec", "scaleTargetRef", "kind") === "Deployment" &&
      at(each, "spec", "scaleTargetRef", "name") === rollout.spec.workload.name,
  );
  if (autoscaler !== undefined) return asNumber(at(autoscaler, "spec", "minReplicas")) ?? 1;
  return asNumber(at(workload, "spec", "replicas"));
}
