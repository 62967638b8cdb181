import { createAccumulator } from "./accumulate.ts";
import { judge, type JudgeInput } from "./judge.ts";
import type { AnalysisTarget, CounterRow, Reading, View } from "./types.ts";

/** The candidate checkout-7 in shop, with one objective: at most 2 % errors. */
export const target: AnalysisTarget = {
  key: "shop/checkout",
  namespace: "shop",
  serviceHost: "checkout.shop.svc.cluster.local",
  canaryWorkload: "checkout-7",
  stableWorkload: "checkout",
  canarySubset: "canary",
  stableSubset: "stable",
  objectives: [{ name: "errors", kind: "errorRate", limitFraction: 0.02, onBreach: "Rollback" }],
};

export const row = (total: number, bad: number, view: View = "destination"): CounterRow => ({
  track: "canary",
  view,
  series: view,
  total,
  bad,
});

/** Cumulative [total, bad] of the candidate at seconds 10, 20, ... */
export function readings(counts: [number, number][], view: View = "destination"): Reading[] {
  return counts.map(([total, bad], index) => ({
    timeMs: (index + 1) * 10_000,
    rows: { errors: [row(total, bad, view)] },
    requests: [row(total, bad, view)],
  }));
}

export const input: JudgeInput = { stepAppliedMs: 10_000, observeMs: 20_000, nowMs: 30_000, staleAfterMs: 15_000 };

/** What is judged of the only objective of `of` after these readings. */
export function verdict(all: Reading[], changes: Partial<JudgeInput> = {}, of: AnalysisTarget = target) {
  const accumulator = createAccumulator(of, 0);
  for (const reading of all) accumulator.add(reading);
  const [only] = judge(accumulator, { ...input, ...changes });
  if (only === undefined) throw new Error("there is an objective");
  return only;
}

/** Within the limit of 2 %, over more requests than the minimum. */
export const healthy = readings([
  [0, 0],
  [100, 1],
  [200, 2],
]);
