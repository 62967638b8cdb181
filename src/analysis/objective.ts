import { bucketFor } from "./queries.ts";
import type { CountObjective } from "./types.ts";

/** An objective as the run's plan has it: `limitFraction` bad at most, for latency those slower than `maxMs`. */
export interface Planned {
  name: string;
  kind: "errorRate" | "latency";
  limitFraction: number;
  maxMs?: number | undefined;
  onBreach: "Rollback" | "Pause";
}

/** Turns a planned objective into counts. `exact` is false when the asked maximum lies between two buckets of the histogram. */
export function countObjective(planned: Planned): CountObjective & { exact: boolean } {
  const { name, kind, limitFraction, maxMs, onBreach } = planned;
  // 1 - 0.95 is 0.05000000000000004: what people wrote has at most six decimals.
  const common = { name, kind, limitFraction: Number(limitFraction.toFixed(9)), onBreach };
  if (kind === "errorRate") return { ...common, exact: true };
  if (maxMs === undefined)
    throw new TypeError(`Expected latency objective \`${name}\` to have a maximum in milliseconds`);
  return { ...common, maxMs, ...bucketFor(maxMs) };
}
