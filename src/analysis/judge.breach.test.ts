import { describe, expect, test } from "vitest";
import { createAccumulator } from "./accumulate.ts";
import { judge } from "./judge.ts";
import { healthy, input, readings, row, target, verdict } from "./judging.test-helper.ts";
import { countObjective } from "./objective.ts";
import type { AnalysisTarget } from "./types.ts";

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

  test("that began late is told by the numbers since then, where all that were counted still keep the limit", () => {
    const late = readings([
      [0, 0],
      [1_000, 1],
      [2_000, 2],
      [2_040, 18],
      [2_080, 36],
    ]);
    const { verdict: kind, message } = verdict(late, { nowMs: 50_000 });
    expect(kind).toBe("breach");
    expect(message).toMatch(
      /^errors: 34 of 80 requests \(42\.5 %\) failed in the last 20 s \(36 of 2080 requests since counting began\), over the limit of 2 %, E = /,
    );
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
