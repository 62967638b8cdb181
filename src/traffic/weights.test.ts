import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sharePercent, splitWeights } from "./weights.ts";

describe("splitWeights", () => {
  test.each([
    [0, 100, 0],
    [10, 90, 10],
    [100, 0, 100],
    [0.5, 995, 5],
    [0.05, 9995, 5],
    [33.3, 667, 333],
    [0.0001, 999_999, 1],
    [99.9999, 1, 999_999],
  ])("%f %% is %i to %i", (percent, stable, canary) => {
    expect(splitWeights(percent)).toEqual({ stable, canary });
  });

  test("says every weight that a Rollout can ask for exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (millionths) => {
        const percent = Number((millionths / 10_000).toFixed(4));
        const { stable, canary } = splitWeights(percent);
        expect(sharePercent(canary, stable + canary)).toBe(percent);
        expect(stable).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("sums to 100 for whole percents, as Istio before 1.15 wants", () => {
    for (let percent = 0; percent <= 100; percent++) {
      expect(splitWeights(percent)).toEqual({ stable: 100 - percent, canary: percent });
    }
  });
});

test("the share of nothing is 0", () => expect(sharePercent(0, 0)).toBe(0));
