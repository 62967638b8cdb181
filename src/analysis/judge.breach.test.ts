import { describe, expect, test } from "vitest";
import { createAccumulator } from "./accumulate.ts";
import { judge, type JudgeInput } from "./judge.ts";
import { countObjective } from "./objective.ts";
import type { AnalysisTarget, CounterRow, Reading, View } from "./types.ts";

const target: AnalysisTarget = {
  key: "shop/checkout",
  namespace: "shop",
  serviceHost: "checkout.shop.svc.cluster.local",
  canaryWorkload: "checkout-7",
  stableWorkload: "checkout",
  canarySubset: "canary",
  stableSubset: "stable",
  objectives: [{ name: "errors", kind: "errorRate", limitFraction: 0.02, onBreach: "Rollback" }],
};

const row = (total: number, bad: number, view: View = "destination"): CounterRow => ({
  track: "canary",
  view,
  series: view,
  total,
  bad,
});

/** Cumulative [total, bad] of the candidate at seconds 10, 20, ... */
function readings(counts: [number, number][], view: View = "destination"): Reading[] {
  return counts.map(([total, bad], index) => ({
    timeMs: (index + 1) * 10_000,
    rows: { errors: [row(total, bad, view)] },
    requests: [row(total, bad, view)],
  }));
}
const input: JudgeInput = { stepAppliedMs: 10_000, observeMs: 20_000, nowMs: 30_000, staleAfterMs: 15_000 };

function verdict(all: Reading[], changes: Partial<JudgeInput> = {}, of: AnalysisTarget = target) {
  const accumulator = createAccumulator(of, 0);
  for (const reading of all) accumulator.add(reading);
  const [only] = judge(accumulator, { ...input, ...changes });
  if (only === undefined) throw new Error("there is an objective");
  return only;
}

const healthy = readings([
  [0, 0],
  [100, 1],
  [200, 2],
]);

describe("breach", () => {
  const broken = readings([
    [40, 20],
    [98, 51],
  ]);

  test("is found before the split is applied, in any state of the data", () => {
    const { stepAppliedMs: _, ...rest } = input;
    const accumulator = createAccumulator(target, 0);
    for (const reading of broken) accumulator.add(reading);
    const [found] = judge(accumulator, {
      ...rest,
      nowMs: 9e6,
      lastFailure: { reason: "timeout", message: "", sinceMs: 0 },
    });
    expect(found).toMatchObject({ verdict: "breach", evidence: { total: 98, bad: 51, fromMs: 10_000, toMs: 20_000 } });
    expect(found?.message).toMatch(
      /^errors: 51 of 98 requests \(52\.0 %\) failed, over the limit of 2 %, E = [\d.]+e\d+ >= 2e3$/,
    );
    expect(found?.evidence?.eValue).toBeGreaterThan(2000);
    expect(found).not.toHaveProperty("missing");
  });

  test("stays one, though much good follows", () => {
    expect(
      verdict([
        ...broken,
        ...readings([
          [1, 0],
          [1, 0],
          [1e6, 51],
        ]).slice(2),
      ]).verdict,
    ).toBe("breach");
  });

  test("by the callers' account alone is one too", () => {
    expect(
      verdict(
        readings(
          [
            [40, 20],
            [98, 51],
          ],
          "source",
        ),
      ),
    ).toMatchObject({ verdict: "breach", evidence: { view: "source" } });
  });

  test("is not made of one reading", () => {
    expect(verdict(broken.slice(1)).verdict).toBe("inconclusive");
  });

  test("of a latency objective says what was slow, and which bucket was counted", () => {
    const latency = countObjective({
      name: "latency",
      kind: "latency",
      limitFraction: 1 - 0.95,
      maxMs: 700,
      onBreach: "Pause",
    });
    expect(latency).toMatchObject({ bucketMs: 500, maxMs: 700, exact: false, limitFraction: 0.05 });
    const slow = broken.map((reading) => ({ ...reading, rows: { latency: reading.rows["errors"] ?? [] } }));
    const found = verdict(slow, {}, { ...target, objectives: [latency] });
    expect(found).toMatchObject({
      verdict: "breach",
      onBreach: "Pause",
      evidence: { query: expect.stringContaining('le=~"500') },
    });
    expect(found.message).toMatch(
      /took longer than 500 ms, over the limit of 5 % \(the bucket below the asked 700 ms\)/,
    );
  });

  test("of one objective leaves the others' verdicts alone, and its share of alpha is smaller", () => {
    const second = { ...(target.objectives[0] as AnalysisTarget["objectives"][number]), name: "second" };
    const accumulator = createAccumulator({ ...target, objectives: [...target.objectives, second] }, 0);
    for (const [index, reading] of healthy.entries()) {
      accumulator.add({
        ...reading,
        rows: { errors: [row(index * 50, index * 25)], second: reading.rows["errors"] ?? [] },
      });
    }
    expect(judge(accumulator, input).map((result) => [result.verdict, result.evidence?.alpha])).toEqual([
      ["breach", 0.00025],
      ["pass", 0.00025],
    ]);
  });
});
