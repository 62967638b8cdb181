import { describe, expect, test } from "vitest";
import { parseQuery } from "../analysis/queries.ts";
import type { AnalysisTarget, Reading } from "../analysis/types.ts";
import { createManualClock } from "../manual-clock.ts";
import { createFeed, type FeedOptions } from "./feed.ts";
import type { InstantSample, PrometheusApi, QueryFailure, QueryResult, RangeResult } from "./port.ts";

function targetOf(name: string, latency = true): AnalysisTarget {
  const errors = { name: "errors", kind: "errorRate" as const, limitFraction: 0.02, onBreach: "Rollback" as const };
  const slow = {
    name: "latency",
    kind: "latency" as const,
    limitFraction: 0.05,
    bucketMs: 500,
    maxMs: 500,
    onBreach: "Pause" as const,
  };
  return {
    key: `shop/${name}`,
    namespace: "shop",
    serviceHost: `${name}.shop.svc`,
    canaryWorkload: `${name}-1`,
    stableWorkload: name,
    canarySubset: "canary",
    stableSubset: "stable",
    objectives: latency ? [errors, slow] : [errors],
  };
}

const down: QueryFailure = { kind: "error", reason: "unreachable", message: "connection refused" };

/** One request of each service's candidate; each in time. */
function samplesFor(promql: string, timeMs: number): InstantSample[] {
  const asked = parseQuery(promql);
  const labels = (host: string) => ({
    reporter: "destination",
    instance: "pod",
    destination_service: host,
    destination_workload: `${host.split(".")[0]}-1`,
    destination_workload_namespace: "shop",
  });
  const of = (host: string) => [{ ...labels(host), response_code: "200" }];
  const slow = (host: string) => [labels(host), { ...labels(host), le: "500.0" }];
  return (asked?.hosts ?? [])
    .flatMap(asked?.template === "latency" ? slow : of)
    .map((all) => ({ labels: all, timeMs, value: 1 }));
}

type Answer = (
  template: "requests" | "latency",
  promql: string,
  atMs: number,
  signal?: AbortSignal,
) => QueryResult | Promise<QueryResult>;
const good: Answer = (_, promql, atMs) => ({ kind: "samples", samples: samplesFor(promql, atMs), warnings: [] });

/** A feed on a clock at 0, of a server that answers by `answer`; what it asked and said is in `asked` and `said`. */
function setUp(answer: Answer = good, more: Partial<FeedOptions> = {}) {
  const clock = createManualClock(0);
  const asked: string[] = [];
  const said: string[] = [];
  const readings: [string, Reading][] = [];
  const api: PrometheusApi = {
    now: async () => down,
    async query(promql, atMs, signal) {
      const { template = "requests", hosts = [] } = parseQuery(promql) ?? {};
      asked.push(`${atMs} ${template} ${hosts.map((host) => host.split(".")[0]).join("+")}`);
      return answer(template, promql, atMs, signal);
    },
    queryRange: async () => down,
  };
  const note = (level: string) => (_: object, message: string) => void said.push(`${level}: ${message}`);
  const feed = createFeed({
    serverName: "default",
    api,
    clock,
    log: { info: note("info"), warn: note("warn"), error: note("error") },
    onReading: (key, reading) => readings.push([key, reading]),
    onFailure: (server, { reason }) => said.push(`failure: ${server} ${reason}`),
    intervalMs: 10_000,
    ...more,
  });
  const read = () => readings.map(([key, { timeMs }]) => `${key} ${timeMs}`);
  return { clock, feed, api, asked, said, readings, read };
}

describe("asking", () => {
  test("happens once a template for all targets, at once and then at each interval", async () => {
    const { clock, feed, asked, read, readings } = setUp();
    feed.register("a", targetOf("a"));
    feed.register("b", targetOf("b", false));
    await clock.advance(10_000);
    expect(asked).toEqual(["0 requests a+b", "0 latency a", "10000 requests a+b", "10000 latency a"]);
    expect(read()).toEqual(["a 0", "b 0", "a 10000", "b 10000"]);
    expect(readings[0]?.[1].rows).toEqual({
      errors: [expect.objectContaining({ track: "canary", total: 1, bad: 0 })],
      latency: [expect.objectContaining({ track: "canary", total: 1, bad: 0 })],
    });
  });

  test("heeds each target's interval, and falls together where they meet", async () => {
    const { clock, feed, asked } = setUp();
    await clock.advance(300);
    feed.register("fast", targetOf("fast", false), 1000);
    await clock.advance(300);
    feed.register("slow", targetOf("slow", false), 2000);
    await clock.advance(2000);
    expect(asked).toEqual(["300 requests fast", "600 requests slow", "1000 requests fast", "2000 requests fast+slow"]);
  });

  test("is split when there are very many services", async () => {
    const { clock, feed, asked, read } = setUp(good, { servicesPerQuery: 2 });
    for (const name of ["a", "b", "c"]) feed.register(name, targetOf(name, false));
    await clock.advance(0);
    expect(asked).toEqual(["0 requests a+b", "0 requests c"]);
    expect(read()).toHaveLength(3);
  });

  test("goes on when the wall clock is set back", async () => {
    const { clock, feed, asked } = setUp();
    feed.register("a", targetOf("a", false));
    await clock.advance(10_000);
    clock.setWall(-3_600_000);
    await clock.advance(20_000);
    expect(asked.length).toBeGreaterThanOrEqual(4);
  });

  test("never overlaps itself: a silent server is asked again only after the deadline", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const silent: Answer = (_, __, ___, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const { clock, feed, asked, said } = setUp(silent, { deadlineMs: 2500 });
    feed.register("a", targetOf("a", false), 1000);
    await clock.advance(2499);
    expect(asked).toEqual(["0 requests a"]);
    await clock.advance(1);
    expect(said).toContain("failure: default timeout");
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, false]);
    expect(asked).toEqual(["0 requests a", "2500 requests a"]);
  });
});

describe("targets that come and go", () => {
  test("get no reading from a query that was under way when they left", async () => {
    let answerNow = () => {};
    const { clock, feed, read } = setUp(
      (template, promql, atMs) =>
        new Promise((resolve) => (answerNow = () => resolve(good(template, promql, atMs) as QueryResult))),
    );
    feed.register("a", targetOf("a", false));
    feed.register("b", targetOf("b", false));
    feed.register("c", targetOf("c", false));
    await clock.advance(0);
    feed.unregister("a");
    feed.register("b", targetOf("b", false));
    answerNow();
    await clock.advance(0);
    expect(read()).toEqual(["c 0"]);
  });

  test("leave nothing running", async () => {
    const { clock, feed, asked } = setUp();
    feed.register("a", targetOf("a"));
    await clock.advance(0);
    feed.unregister("a");
    expect(clock.pending()).toBe(0);
    await clock.advance(60_000);
    expect(asked).toHaveLength(2);
  });

  test("stop ends all, also what is under way, and is no failure", async () => {
    const { clock, feed, said } = setUp(() => new Promise(() => {}));
    feed.register("a", targetOf("a"));
    await clock.advance(0);
    feed.stop();
    await clock.advance(60_000);
    expect(clock.pending()).toBe(0);
    expect(said).toEqual([]);
  });
});

describe("failures", () => {
  test("are reported each time, logged once, and their end too", async () => {
    let broken = true;
    const durations: boolean[] = [];
    const { clock, feed, said, read } = setUp((...query) => (broken ? down : good(...query)), {
      onQuery: ({ ok }) => durations.push(ok),
    });
    feed.register("a", targetOf("a", false));
    await clock.advance(10_000);
    broken = false;
    await clock.advance(10_000);
    expect(said).toEqual([
      "warn: connection refused",
      "failure: default unreachable",
      "failure: default unreachable",
      "info: Prometheus answers again",
    ]);
    expect(durations).toEqual([false, false, true]);
    expect(read()).toEqual(["a 20000"]);
  });

  test("of the latency query alone leave the errors' part usable", async () => {
    const { clock, feed, readings, said } = setUp((template, ...query) =>
      template === "latency" ? down : good(template, ...query),
    );
    feed.register("a", targetOf("a"));
    await clock.advance(0);
    expect(readings).toMatchObject([
      ["a", { rows: { errors: [{ total: 1 }] }, unusable: { latency: "unreachable: connection refused" } }],
    ]);
    expect(said).toContain("failure: default unreachable");
  });

  test("in a listener, or an api that rejects against its promise, do not end the feed", async () => {
    let turn = 0;
    const rejecting: Answer = (...query) => (turn++ === 0 ? Promise.reject(new Error("bug")) : good(...query));
    const { clock, feed, asked, said } = setUp(rejecting, {
      onReading: () => {
        throw new Error("listener");
      },
    });
    feed.register("a", targetOf("a", false));
    await clock.advance(20_000);
    expect(asked).toHaveLength(3);
    expect(said).toEqual(
      expect.arrayContaining(["failure: default unreachable", "error: a reading could not be taken"]),
    );
  });
});

describe("replay", () => {
  const series = (promql: string, times: number[]): RangeResult => ({
    kind: "series",
    series: samplesFor(promql, 0).map(({ labels }) => ({
      labels,
      points: times.map((timeMs, index) => ({ timeMs, value: index })),
    })),
    warnings: [],
  });

  test("gives the readings that would have been, and none where nothing was known", async () => {
    const { feed, api } = setUp();
    api.queryRange = async (promql) => series(promql, [1000, 3000]);
    const result = await feed.replay(targetOf("a"), 0, 4000, 1000);
    expect(result).toMatchObject({
      kind: "readings",
      readings: [
        { timeMs: 1000, requests: [{ total: 0 }] },
        { timeMs: 3000, requests: [{ total: 1 }], rows: { latency: [{ total: 1, bad: 0 }] } },
      ],
    });
  });

  test("of a long span is coarser, of none empty", async () => {
    const { feed, api } = setUp();
    const steps: number[] = [];
    api.queryRange = async (promql, _, __, stepMs) => {
      steps.push(stepMs);
      return series(promql, []);
    };
    await feed.replay(targetOf("a", false), 0, 24 * 3_600_000, 1000);
    expect(steps).toEqual([43_200]);
    expect(await feed.replay(targetOf("a"), 5, 4)).toEqual({ kind: "readings", readings: [] });
  });

  test.each(["requests", "latency"])("fails as a whole when its %s query does", async (failing) => {
    const { feed, api } = setUp();
    api.queryRange = async (promql) => (parseQuery(promql)?.template === failing ? down : series(promql, [1000]));
    expect(await feed.replay(targetOf("a"), 0, 4000)).toEqual(down);
  });
});
