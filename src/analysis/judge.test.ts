import { describe, expect, test } from "vitest";
import { createAccumulator } from "./accumulate.ts";
import { judge, type JudgeInput } from "./judge.ts";
import { healthy, input, readings, row, target, verdict } from "./judging.test-helper.ts";
import type { Reading } from "./types.ts";

describe("pass", () => {
  test("after the observation, on enough requests, within the limit", () => {
    expect(verdict(healthy)).toEqual({
      objective: "errors",
      onBreach: "Rollback",
      verdict: "pass",
      message: "errors: 2 of 200 requests (1 %) failed, within the limit of 2 %",
      evidence: expect.objectContaining({
        view: "destination",
        total: 200,
        bad: 2,
        fraction: 0.01,
        fromMs: 10_000,
        toMs: 30_000,
        alpha: 0.0005,
      }),
    });
  });

  test("exactly at the limit passes", () => {
    expect(
      verdict(
        readings([
          [0, 0],
          [100, 2],
          [200, 4],
        ]),
      ).verdict,
    ).toBe("pass");
  });

  test("counts only what came since the split was applied", () => {
    expect(
      verdict(
        readings([
          [100, 4],
          [200, 4],
          [300, 4],
        ]),
      ).evidence,
    ).toMatchObject({ total: 200, bad: 0 });
  });

  test("goes by the callers' account when the servers have none", () => {
    expect(
      verdict(
        readings(
          [
            [0, 0],
            [100, 1],
            [200, 2],
          ],
          "source",
        ),
      ),
    ).toMatchObject({ verdict: "pass", evidence: { view: "source" } });
  });
});

describe("inconclusive", () => {
  test.each<[string, Reading[], Partial<JudgeInput>, string, RegExp]>([
    ["no reading", [], {}, "data", /^errors: no reading yet$/],
    [
      "no answer",
      [],
      { lastFailure: { reason: "unreachable", message: "connection refused", sinceMs: 0 } },
      "data",
      /no answer from Prometheus for 30 s \(unreachable: connection refused\)/,
    ],
    ["old readings", healthy, { nowMs: 80_000 }, "data", /the newest reading is 50 s old/],
    [
      "old readings and failures since",
      healthy,
      { nowMs: 80_000, lastFailure: { reason: "timeout", message: "5 s", sinceMs: 31_000 } },
      "data",
      /for 49 s \(timeout: 5 s\)/,
    ],
    [
      "an unusable newest reading",
      [...healthy, { timeMs: 40_000, rows: {}, requests: [], unusable: { errors: "NaN of pod x" } }],
      { nowMs: 40_000 },
      "data",
      /unusable: NaN of pod x/,
    ],
    [
      "a service that Prometheus does not know",
      [{ timeMs: 30_000, rows: { errors: [] }, requests: [] }],
      {},
      "data",
      /knows no requests to checkout\.shop/,
    ],
    [
      "counters that went away",
      [...healthy, { timeMs: 50_000, rows: { errors: [] }, requests: [] }],
      { nowMs: 50_000 },
      "data",
      /checkout-7 have been gone from Prometheus for 20 s/,
    ],
    [
      "a split not applied",
      healthy,
      { stepAppliedMs: 10_000, nowMs: 29_000 },
      "time",
      /observing for another 1 s, 2 of 200 requests \(1 %\) failed so far/,
    ],
    [
      "few requests",
      readings([
        [0, 0],
        [10, 0],
        [12, 0],
      ]),
      {},
      "requests",
      /only 12 of 100 requests that a pass needs/,
    ],
    [
      "no requests of the candidate",
      readings([
        [0, 0],
        [0, 0],
        [0, 0],
      ]),
      {},
      "requests",
      /only 0 of 100 requests/,
    ],
    [
      "above the limit but unproven",
      readings([
        [0, 0],
        [60, 1],
        [120, 3],
      ]),
      {},
      "limit",
      /3 of 120 requests \(2\.5 %\) failed, above the limit of 2 %, but E = [\d.]+ < 2e3 is no proof/,
    ],
  ])("with %s", (_, all, changes, missing, message) => {
    const result = verdict(all, changes);
    expect(result).toMatchObject({ verdict: "inconclusive", missing });
    expect(result.message).toMatch(message);
  });

  test("while the split is not applied", () => {
    const { stepAppliedMs: _, ...notApplied } = input;
    const accumulator = createAccumulator(target, 0);
    for (const reading of healthy) accumulator.add(reading);
    expect(judge(accumulator, notApplied)).toMatchObject([
      { verdict: "inconclusive", missing: "time", message: "errors: the step's split is not applied yet" },
    ]);
  });

  test("when only the callers see it above the limit", () => {
    const all = healthy.map((reading, index) => ({
      ...reading,
      rows: { errors: [...(reading.rows["errors"] ?? []), row(index * 50, index * 2, "source")] },
    }));
    expect(verdict(all)).toMatchObject({
      verdict: "inconclusive",
      missing: "limit",
      evidence: { view: "source", total: 100, bad: 4 },
    });
  });

  test("a lower minimum of requests is heeded", () => {
    expect(
      verdict(
        readings([
          [0, 0],
          [10, 0],
          [12, 0],
        ]),
        { minRequests: 12 },
      ).verdict,
    ).toBe("pass");
  });

  test("above the limit on fewer than a breach may rest on", () => {
    expect(
      verdict(
        readings([
          [0, 0],
          [4, 4],
          [8, 8],
        ]),
        { minRequests: 5 },
      ).message,
    ).toMatch(/but on too few to be a breach/);
  });
});
