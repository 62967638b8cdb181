import { defineCheck, type Problem } from "./define.ts";
import { type FoundRoute, foundRoutes } from "./managed-routes.ts";
import type { CheckWorld } from "./types.ts";
import { describeDestination } from "./virtual-service.ts";

export const weightsSane = defineCheck(
  {
    id: "weights-sane",
    number: 5,
    title: "The managed routes' weights are whole, add up to 100 and rest on stable.",
    severity: "fail",
    reason:
      "Istio refuses a negative weight and a sum of 0, and reads any other sum as proportions, so users would be split otherwise than it says.",
    remedy: "Set weight 100 on the stable subset and 0 on the canary subset.",
  },
  (world) =>
    foundRoutes(world.rollout, world.virtualServices)
      .filter((each) => each.form !== "other")
      .flatMap((each) => problemsOf(each, world)),
);

function problemsOf(found: FoundRoute & { key: string }, { rollout }: CheckWorld): Problem[] {
  const { destinations, label } = found.route;
  const place = `VirtualService ${found.key} ${label}`;
  const [only] = destinations;
  if (destinations.length === 1) {
    return only?.weight === undefined || only.weight === 100
      ? []
      : [
          {
            message: `${place} gives its only destination weight ${only.weight}, which Istio reads as 100 all the same.`,
            reason:
              "Sluice puts a route back exactly as it was, and does not take on one that says something else than it does.",
            remedy: `Set ${label}.route[0].weight to 100, or leave it out.`,
          },
        ];
  }
  const negative = destinations.filter((each) => (each.weight ?? 0) < 0);
  if (negative.length > 0) {
    return negative.map((each) => ({ message: `${place} has a negative weight: ${describeDestination(each)}.` }));
  }
  const total = destinations.reduce((sum, each) => sum + (each.weight ?? 0), 0);
  if (total === 0) return [{ message: `${place} has weights that add up to 0: no destination would get a request.` }];
  const canary = rollout.spec.traffic.istio?.subsets.canary;
  const resting = destinations.find((each) => each.subset === canary)?.weight ?? 0;
  return [
    ...(total === 100
      ? []
      : [
          {
            severity: "warn" as const,
            message: `${place} has weights that add up to ${total}, not 100; Istio reads them as proportions.`,
          },
        ]),
    ...(resting === 0
      ? []
      : [
          {
            severity: "warn" as const,
            message: `${place} rests with weight ${resting} on subset ${canary ?? ""}; a run lowers it to 0 before it begins.`,
            reason:
              "Git's weights are what an apply in the middle of a run brings back: at rest they should send nobody to the candidate.",
          },
        ]),
  ];
}
