import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEProcess, eValue, logEValue, meetsFloors, rejects, update } from "./e-process.ts";

const reading = fc
  .integer({ min: 0, max: 40 })
  .chain((total) => fc.tuple(fc.integer({ min: 0, max: total }), fc.constant(total)));

/** The formula of the design in plain numbers, start by start, to hold the recursive log form against. */
function mixtureByHand(limit: number, readings: readonly (readonly [number, number])[]): number {
  const logOdds = (p: number) => Math.log(p / (1 - p));
  const bottom = logOdds(limit);
  const top = Math.max(Math.log(999), bottom + 2);
  let mean = 0;
  for (let i = 1; i <= 24; i++) {
    const q = 1 / (1 + Math.exp(-(bottom + ((top - bottom) * i) / 24)));
    for (let start = 1; start <= readings.length; start++) {
      let ratio = 1 / (start * (start + 1));
      for (const [bad, total] of readings.slice(start - 1)) {
        ratio *= (q / limit) ** bad * ((1 - q) / (1 - limit)) ** (total - bad);
      }
      mean += ratio / 24;
    }
  }
  return mean + 1 / (readings.length + 1);
}

describe("the value", () => {
  test("is 1 before anything was seen", () => {
    expect(eValue(createEProcess(0.02))).toBe(1);
  });

  test("equals the mixture over every start, term by term", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0.001, 0.02, 0.05, 0.5),
        fc.array(reading, { minLength: 1, maxLength: 6 }),
        (limit, all) => {
          const seen = all.filter(([, total]) => total > 0);
          const state = createEProcess(limit);
          for (const [bad, total] of all) update(state, bad, total);
          // E is cut off where JSON ends; a few hundred bad events against a limit of 0.1 % get there.
          const byHand = Math.min(mixtureByHand(limit, seen), 1e300);
          expect(Math.abs(eValue(state) / byHand - 1)).toBeLessThan(1e-9);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("is expected to be 1 at the limit, and less below it", () => {
    const expectation = (p: number) => {
      const n = 10;
      let sum = 0;
      let probability = (1 - p) ** n;
      for (let k = 0; k <= n; k++) {
        sum += probability * eValue(update(createEProcess(0.02), k, n));
        probability *= ((n - k) / (k + 1)) * (p / (1 - p));
      }
      return sum;
    };
    expect(expectation(0.02)).toBeCloseTo(1, 9);
    expect(expectation(0.01)).toBeLessThan(1);
  });

  test("never falls when one more of the same requests is bad", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 59 }), (total, bad) => {
        fc.pre(bad < total);
        const fewer = eValue(update(createEProcess(0.02), bad, total));
        const more = eValue(update(createEProcess(0.02), bad + 1, total));
        // The alternatives next to the limit fall below 1 on good events only, so more bad is more evidence throughout.
        expect(more).toBeGreaterThan(fewer);
      }),
    );
  });

  test("stays a number however much is bad", () => {
    const state = createEProcess(0);
    for (let i = 0; i < 50; i++) update(state, 1000, 1000);
    expect(eValue(state)).toBe(1e300);
    expect(logEValue(state)).toBeGreaterThan(1e4);
    update(state, 0, 1_000_000_000);
    expect(Number.isNaN(eValue(state))).toBe(false);
  });

  test("a reading without requests changes nothing", () => {
    const state = update(createEProcess(0.02), 1, 10);
    const before = eValue(state);
    update(state, 0, 0);
    expect(eValue(state)).toBe(before);
    expect(state.readings).toBe(1);
  });
});

describe("the limits at the edge", () => {
  test("a limit of 0: five bad of a thousand are a breach, none never", () => {
    const bad = update(update(createEProcess(0), 2, 500), 3, 500);
    expect(rejects(bad, 0.001)).toBe(true);
    const good = createEProcess(0);
    for (let i = 0; i < 1000; i++) update(good, 0, 1000);
    expect(rejects(good, 0.001)).toBe(false);
  });

  test("a limit close to 1 can still be broken, one of 1 never", () => {
    const nearlyAll = createEProcess(0.99);
    for (let i = 0; i < 100; i++) update(nearlyAll, 100, 100);
    expect(rejects(nearlyAll, 0.001)).toBe(true);
    const all = createEProcess(1);
    for (let i = 0; i < 100; i++) update(all, 100, 100);
    expect(rejects(all, 0.001)).toBe(false);
    expect(eValue(all)).toBe(1);
  });
});

describe("the floors", () => {
  test("nineteen bad requests of nineteen are no breach, twenty are", () => {
    const state = update(update(createEProcess(0.02), 10, 10), 9, 9);
    expect(eValue(state)).toBeGreaterThan(1e20);
    expect(rejects(state, 0.0005)).toBe(false);
    expect(rejects(update(state, 1, 1), 0.0005)).toBe(true);
  });

  test("four bad are no breach, whatever the limit", () => {
    expect(rejects(update(update(createEProcess(0), 2, 50), 2, 50), 0.0005)).toBe(false);
  });

  test("one reading is no breach, however large", () => {
    expect(rejects(update(createEProcess(0.02), 500, 1000), 0.0005)).toBe(false);
    expect(meetsFloors({ readings: 2, total: 20, bad: 5 })).toBe(true);
  });
});
