import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  durationMs,
  formatDuration,
  formatPercent,
  parseDuration,
  parseRate,
  parseWeight,
  rateFraction,
  weightPercent,
} from "./units.ts";

describe("durations", () => {
  test.each([
    ["500ms", 500],
    ["90s", 90_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["1h1m1s1ms", 3_661_001],
    ["0s", 0],
  ])("%s is %i ms", (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: ms });
  });

  test.each(["", "5", "m", "1d", "30m1h", "1m1m", "1.5h", "-5m", " 5m", "5 m", "5M", "1234567s", null, undefined, {}])(
    "%j is none",
    (text) => {
      expect(parseDuration(text).ok).toBe(false);
    },
  );

  test("a bare number gets a hint, in quotes or not", () => {
    expect(parseDuration(30)).toEqual({
      ok: false,
      message: expect.stringContaining('"30s" or "30m", got the bare number 30'),
    });
    expect(parseDuration("30")).toEqual({ ok: false, message: expect.stringContaining('did you mean "30s"?') });
  });

  test("are written so that they are read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999 * 3_600_000 }), (ms) => durationMs(formatDuration(ms)) === ms),
    );
  });
});

describe("rates", () => {
  test.each([
    ["2%", 0.02],
    ["0.5%", 0.005],
    ["99.9999%", 0.999999],
    ["0%", 0],
    ["100%", 1],
    ["100.0%", 1],
  ])("%s is %f", (text, fraction) => {
    expect(parseRate(text).ok).toBe(true);
    expect(rateFraction(text)).toBeCloseTo(fraction, 12);
  });

  test.each(["", "%", "2", "0.02", "101%", "100.1%", "-1%", "2 %", "1.00001%", ".5%", 2, 0.02, null, undefined])(
    "%j is none",
    (text) => {
      expect(parseRate(text).ok).toBe(false);
    },
  );
});

describe("weights", () => {
  test.each([
    [0, 0],
    [10, 10],
    [100, 100],
    ["10%", 10],
    ["0.5%", 0.5],
    ["0.0001%", 0.0001],
    ["29.9999%", 29.9999],
  ])("%j is %f percent", (weight, percent) => {
    expect(parseWeight(weight)).toEqual({ ok: true, value: percent });
  });

  test.each([-1, 101, 0.5, Number.NaN, "10", "ten%", "", null, undefined, true])("%j is none", (weight) => {
    expect(parseWeight(weight)).toEqual({ ok: false, message: expect.stringContaining("whole number from 0 to 100") });
  });

  test("are written so that they are read back, to four decimals", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000 }),
        (n) => weightPercent(formatPercent(n / 10_000)) === n / 10_000,
      ),
    );
  });
});

test("what a schema should have refused is an error", () => {
  expect(() => durationMs("5")).toThrow(TypeError);
});
