import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAccumulator } from "./accumulate.ts";
import { createHistory } from "./history.ts";
import { target } from "./judging.test-helper.ts";
import type { CounterRow, Reading, Track } from "./types.ts";

const row = (total: number, bad = 0, more: Partial<CounterRow> = {}): CounterRow => ({
  track: "canary",
  view: "destination",
  series: "pod-1",
  instance: "pod-1",
  by: "workload",
  total,
  bad,
  ...more,
});
const bySubset = (total: number, bad: number, track: Track = "canary", instance = "gateway"): CounterRow =>
  row(total, bad, { view: "source", by: "subset", track, instance, series: `${instance}-${track}` });

function reading(timeMs: number, rows: CounterRow[], more: Partial<Reading> = {}): Reading {
  return {
    timeMs,
    rows: { errors: rows },
    requests: rows,
    instances: rows.map(({ instance }) => instance ?? ""),
    ...more,
  };
}
function read(readings: Reading[], options = {}) {
  const accumulator = createAccumulator(target, 1000, options);
  for (const one of readings) accumulator.add(one);
  return accumulator;
}
const counted = (accumulator: ReturnType<typeof read>, view: "destination" | "source" = "destination") => {
  const { total, bad } = accumulator.view("errors", view)?.process ?? { total: Number.NaN, bad: Number.NaN };
  return [total, bad];
};

describe("what is counted", () => {
  test("the candidate's requests from its first, though the first reading already shows some", () => {
    expect(counted(read([reading(1000, [row(40, 3)]), reading(2000, [row(50, 4)])]))).toEqual([50, 4]);
  });

  test("a pod that comes later counts from 0", () => {
    const later = row(7, 7, { series: "pod-2", instance: "pod-2" });
    expect(counted(read([reading(1000, [row(40)]), reading(2000, [row(50), later])]))).toEqual([57, 7]);
  });

  test("a counter that falls adds nothing and becomes the new base", () => {
    expect(
      counted(read([reading(1000, [row(40, 3)]), reading(2000, [row(5, 5)]), reading(3000, [row(9, 6)])])),
    ).toEqual([44, 4]);
  });

  test("a pod that is missing from a reading loses nothing", () => {
    expect(counted(read([reading(1000, [row(10)]), reading(2000, []), reading(3000, [row(30, 2)])]))).toEqual([30, 2]);
  });

  test("readings from before the start, repeated or out of order are ignored", () => {
    const accumulator = read([
      reading(500, [row(1000, 1000)]),
      reading(2000, [row(10)]),
      reading(2000, [row(20)]),
      reading(1500, [row(90, 90)]),
    ]);
    expect(counted(accumulator)).toEqual([10, 0]);
    expect(accumulator.baselineMs).toBe(2000);
    expect(accumulator.lastReadingMs).toBe(2000);
  });

  test("the two views apart", () => {
    const accumulator = read([reading(1000, [row(10, 1), row(12, 2, { view: "source", series: "caller" })])]);
    expect([counted(accumulator), counted(accumulator, "source")]).toEqual([
      [10, 1],
      [12, 2],
    ]);
  });

  test("after a resume only what came since", () => {
    const readings = [
      reading(1000, [row(40, 40)]),
      reading(2000, [row(50, 40), row(9, 9, { series: "late" })]),
      reading(3000, [row(60, 41), row(10, 9, { series: "late" })]),
    ];
    expect(counted(read(readings, { freshCandidate: false }))).toEqual([21, 1]);
  });
});

describe("counters that only a subset's name tells apart", () => {
  test("do not bring back an earlier run's errors from the first reading", () => {
    expect(counted(read([reading(1000, [bySubset(500, 250)]), reading(2000, [bySubset(510, 250)])]), "source")).toEqual(
      [10, 0],
    );
  });

  test("nor from a proxy that was not scraped at the first reading", () => {
    expect(
      counted(
        read([reading(1000, []), reading(2000, [bySubset(500, 250)]), reading(3000, [bySubset(510, 251)])]),
        "source",
      ),
    ).toEqual([10, 1]);
  });

  test("count from 0 when their proxy was seen without them", () => {
    expect(
      counted(
        read([
          reading(1000, [bySubset(900, 0, "stable")]),
          reading(2000, [bySubset(990, 0, "stable"), bySubset(9, 5)]),
        ]),
        "source",
      ),
    ).toEqual([9, 5]);
  });

  test("take their baseline from the first usable reading", () => {
    const unusable = { rows: {}, unusable: { errors: "timeout" }, instances: ["gateway"] };
    expect(
      counted(
        read([reading(1000, [], unusable), reading(2000, [bySubset(500, 250)]), reading(3000, [bySubset(600, 251)])]),
        "source",
      ),
    ).toEqual([100, 1]);
  });
});

describe("since a moment", () => {
  const four = [1000, 2000, 3000, 4000].map((timeMs, index) => reading(timeMs, [row((index + 1) * 10, index)]));

  test("only readings that lie wholly after it count", () => {
    const accumulator = read(four);
    expect(accumulator.since("errors", "destination", 2000)).toEqual({ total: 20, bad: 2, fromMs: 2000, toMs: 4000 });
    expect(accumulator.since("errors", "destination", 2001)).toEqual({ total: 10, bad: 1, fromMs: 3000, toMs: 4000 });
    expect(accumulator.since("errors", "destination", 4000)).toMatchObject({ total: 0, bad: 0 });
    expect(accumulator.since("unheard-of", "destination", 0)).toMatchObject({ total: 0 });
  });

  test("shares are those of the callers, when there are any", () => {
    const both = (timeMs: number, canary: number, stable: number) =>
      reading(timeMs, [
        bySubset(canary, 0),
        bySubset(stable, 0, "stable"),
        row(canary * 2),
        row(stable * 2, 0, { track: "stable", series: "own" }),
      ]);
    const accumulator = read([both(1000, 0, 1000), both(2000, 10, 1090), both(3000, 20, 1190)]);
    expect(accumulator.shares(1000)).toEqual([
      { fromMs: 1000, toMs: 2000, canary: 10, total: 100 },
      { fromMs: 2000, toMs: 3000, canary: 10, total: 110 },
    ]);
    expect(accumulator.shares(2500)).toEqual([]);
  });

  test("shares are the pods' own without callers", () => {
    const pods = (timeMs: number, canary: number, stable: number) =>
      reading(timeMs, [row(canary), row(stable, 0, { track: "stable", series: "own" })]);
    expect(read([pods(1000, 0, 1000), pods(2000, 10, 1090)]).shares(0)).toEqual([
      { fromMs: 1000, toMs: 2000, canary: 10, total: 100 },
    ]);
  });

  test("a bounded history stays exact for the whole and sharp for the newest", () => {
    const history = createHistory(10);
    for (let second = 0; second <= 1000; second++) history.push(second, [second * 3]);
    expect(history.entries(0).length).toBeLessThanOrEqual(10);
    expect(history.since(0)).toMatchObject({ from: [0], to: [3000] });
    expect(history.since(996)).toMatchObject({ fromMs: 996, from: [2988] });
  });
});

test("the strongest evidence is kept, though much good comes after it", () => {
  const accumulator = read([
    reading(1000, [row(10, 8)]),
    reading(2000, [row(30, 20)]),
    reading(3000, [row(1_000_030, 20)]),
  ]);
  expect(accumulator.view("errors", "destination")?.peak).toMatchObject({
    total: 30,
    bad: 20,
    fromMs: 1000,
    toMs: 2000,
  });
});

test("whatever pods come, go, restart or are missed, no request is counted that did not happen", () => {
  const step = fc.record({
    pod: fc.integer({ min: 0, max: 3 }),
    served: fc.nat(20),
    badOf: fc.nat(20),
    what: fc.constantFrom("serve", "serve", "restart", "miss"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const pods = Array.from({ length: 4 }, () => ({ total: 0, bad: 0 }));
      let servedInAll = 0;
      let badInAll = 0;
      const accumulator = createAccumulator(target, 0);
      for (const [index, { pod, served, badOf, what }] of steps.entries()) {
        const bad = Math.min(served, badOf);
        const counter = what === "restart" ? { total: 0, bad: 0 } : (pods[pod] as { total: number; bad: number });
        pods[pod] = { total: counter.total + served, bad: counter.bad + bad };
        servedInAll += served;
        badInAll += bad;
        const visible = pods.map(({ total, bad: badOnes }, at) => row(total, badOnes, { series: `pod-${at}` }));
        accumulator.add(
          reading(
            index + 1,
            visible.filter((_, at) => what !== "miss" || at !== pod),
          ),
        );
      }
      const [total, bad] = counted(accumulator) as [number, number];
      expect(total).toBeLessThanOrEqual(servedInAll);
      expect(bad).toBeLessThanOrEqual(Math.min(badInAll, total));
    }),
  );
});
