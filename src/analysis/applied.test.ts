import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitApplied } from "./applied.ts";
import type { ShareReading } from "./types.ts";

/** Readings one second apart from second 0 on, as [canary, total]. */
const readings = (...counts: [number, number][]): ShareReading[] =>
  counts.map(([canary, total], index) => ({ fromMs: index * 1000, toMs: (index + 1) * 1000, canary, total }));
const options = { sinceWriteMs: 0 };

describe("a split is applied", () => {
  test("when two readings show its share", () => {
    expect(splitApplied(readings([11, 100], [8, 100]), 10, options)).toEqual({
      kind: "applied",
      canary: 19,
      total: 200,
      fromMs: 0,
      toMs: 2000,
      message: "19 of 200 requests (9.5 %) went to the candidate: in line with 10 %",
    });
  });

  test("not by one reading, nor when the newer of two is off", () => {
    expect(splitApplied(readings([10, 100]), 10, options).kind).toBe("tooFew");
    expect(splitApplied(readings([30, 100], [10, 100]), 30, options).kind).toBe("notYet");
    expect(splitApplied(readings([10, 100], [30, 100]), 30, options).kind).toBe("notYet");
    expect(splitApplied(readings([10, 100], [30, 100], [28, 100]), 30, options).kind).toBe("applied");
  });

  test("not by readings that begin before the write", () => {
    expect(splitApplied(readings([10, 100], [10, 100]), 10, { sinceWriteMs: 500 }).kind).toBe("tooFew");
    expect(splitApplied(readings([50, 100], [10, 100], [10, 100]), 10, { sinceWriteMs: 500 }).kind).toBe("applied");
  });

  test("on neighbouring readings taken together when each has few requests, or none", () => {
    const few = readings([1, 9], [0, 0], [2, 9], [0, 9], [0, 0], [1, 9], [1, 9], [0, 9]);
    expect(splitApplied(few, 10, options)).toMatchObject({ kind: "applied", total: 54 });
    expect(splitApplied(few.slice(0, 5), 10, options)).toMatchObject({ kind: "tooFew", total: 27 });
  });

  test("at 0 only without any request of the candidate, at 100 only without any other", () => {
    expect(splitApplied(readings([10, 100], [0, 100], [0, 100]), 0, options).kind).toBe("applied");
    expect(splitApplied(readings([0, 100], [1, 10_000]), 0, options).kind).toBe("notYet");
    expect(splitApplied(readings([100, 100], [100, 100]), 100, options).kind).toBe("applied");
    expect(splitApplied(readings([100, 100], [99, 100]), 100, options).kind).toBe("notYet");
  });

  test("a small weight that shows no request yet is told from 0 when the old weight is known", () => {
    const none = readings([0, 100], [0, 100]);
    expect(splitApplied(none, 1, options).kind).toBe("applied");
    expect(splitApplied(none, 1, { ...options, previousPercent: 0 }).kind).toBe("notYet");
    expect(splitApplied(readings([1, 100], [2, 100]), 1, { ...options, previousPercent: 0 }).kind).toBe("applied");
    expect(splitApplied(readings([13, 60], [11, 60]), 30, { ...options, previousPercent: 10 }).kind).toBe("applied");
    expect(splitApplied(readings([9, 60], [9, 60]), 30, { ...options, previousPercent: 10 }).kind).toBe("notYet");
  });

  test("also at a volume where honest traffic is not quite binomial", () => {
    expect(splitApplied(readings([10_200, 100_000], [9_850, 100_000]), 10, options).kind).toBe("applied");
    expect(splitApplied(readings([12_000, 100_000], [12_000, 100_000]), 10, options).kind).toBe("notYet");
  });
});

test("a share that is exactly the weight always fits, and one 45 points off never", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), (weight, hundreds) => {
      const total = hundreds * 100;
      const share = (percent: number) => readings([percent * hundreds, total], [percent * hundreds, total]);
      expect(splitApplied(share(weight), weight, options).kind).toBe("applied");
      expect(splitApplied(share(weight + 45), weight, options).kind).toBe("notYet");
    }),
  );
});
