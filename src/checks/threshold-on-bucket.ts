import { durationMs, formatDuration } from "../api/units.ts";
import { defineCheck } from "./define.ts";
import { fieldOf } from "./origin.ts";

export const thresholdOnBucket = defineCheck(
  {
    id: "threshold-on-bucket",
    number: 22,
    title: "Each latency limit is a bound of the mesh's latency histogram.",
    severity: "warn",
    reason:
      "A histogram only knows how many requests were at most as slow as each of its bounds; a limit in between cannot be judged, so the next lower bound is, which is stricter than was asked.",
    remedy: "Choose a bound as the limit.",
  },
  ({ rollout, latencyBoundsMs }) => {
    const bounds = latencyBoundsMs.toSorted((a, b) => a - b);
    return rollout.spec.analysis.objectives.flatMap((objective, index) => {
      if (objective.latency === undefined) return [];
      const maxMs = durationMs(objective.latency.max);
      const below = bounds.findLast((bound) => bound <= maxMs);
      const above = bounds.find((bound) => bound > maxMs);
      const written = `analysis.objectives[${index}].latency.max (${objective.name})`;
      const stated = fieldOf(rollout, `analysis.objectives.${objective.name}`, written);
      const field = `${stated} is ${objective.latency.max}`;
      if (below === maxMs) return [];
      const used = below ?? above;
      if (used === undefined) return [{ message: `${field}, and the mesh's latency histogram has no bounds at all.` }];
      const choices = [below, above].filter((each) => each !== undefined).map(bound);
      return [
        {
          message:
            below === undefined
              ? `${field}, below the histogram's smallest bound: it is judged at ${bound(used)}, which is laxer.`
              : `${field}, which is no bound of the histogram: it is judged at ${bound(used)}.`,
          remedy: `Set it to ${choices.join(" or ")}, or add the bound with the pod annotation sidecar.istio.io/statsHistogramBuckets.`,
        },
      ];
    });
  },
);

/** Durations have whole milliseconds; Istio's first bound is half of one. */
function bound(ms: number): string {
  return Number.isInteger(ms) ? formatDuration(ms) : `${ms}ms`;
}
