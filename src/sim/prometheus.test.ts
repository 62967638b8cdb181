import { describe, expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import type { QueryResult } from "../prometheus/port.ts";
import { createCounters } from "./counters.ts";
import { startPrometheus } from "./prometheus.ts";
import { createTimeline } from "./timeline.ts";

const startMs = Date.UTC(2026, 0, 1);

function server() {
  const clock = createManualClock(startMs);
  const timeline = createTimeline(clock);
  const counters = createCounters();
  const prometheus = startPrometheus(counters, timeline, 5_000);
  const hit = (pod: string, code: number, durationMs: number, times = 1) => {
    const labels = { pod, response_code: String(code), destination_service: "checkout.shop.svc.cluster.local" };
    const cell = counters.cell(pod, String(code), () => labels);
    for (let count = 0; count < times; count++) counters.record(cell, durationMs);
  };
  const ask = async (promql: string, atMs = clock.now()) => values(await prometheus.query(promql, atMs));
  return { clock, counters, prometheus, hit, ask };
}

function values(result: QueryResult): Record<string, number> | string {
  if (result.kind === "error") return result.reason;
  return Object.fromEntries(result.samples.map(({ labels, value }) => [Object.values(labels).join(" "), value]));
}

describe("the simulated Prometheus", () => {
  test("shows values as of the last scrape, and a series only after its first", async () => {
    const { clock, hit, ask } = server();
    hit("a", 200, 20, 3);
    expect(await ask("sum by (pod) (istio_requests_total)")).toEqual({});
    await clock.advance(5_000);
    hit("a", 200, 20, 4);
    expect(await ask("sum by (pod) (istio_requests_total)")).toEqual({ a: 3 });
    await clock.advance(5_000);
    expect(await ask("sum by (pod) (istio_requests_total)")).toEqual({ a: 7 });
    expect(await ask("sum by (pod) (istio_requests_total)", clock.now() - 1)).toEqual({ a: 3 });
  });

  test("selects by equality, inequality and anchored expressions, and by quantity of a bucket", async () => {
    const { clock, hit, ask } = server();
    hit("a", 200, 20, 8);
    hit("a", 500, 20, 1);
    hit("b", 503, 700, 2);
    await clock.advance(5_000);
    expect(await ask('sum by (pod) (istio_requests_total{response_code=~"5.."})')).toEqual({ a: 1, b: 2 });
    expect(await ask('sum by (response_code) (istio_requests_total{pod!="b", response_code!~"50"})')).toEqual({
      "200": 8,
      "500": 1,
    });
    expect(await ask("sum(istio_requests_total)")).toEqual({ "": 11 });
    expect(await ask("count without (response_code, destination_service) (istio_requests_total)")).toEqual({
      a: 2,
      b: 1,
    });
    const bucket = "istio_request_duration_milliseconds_bucket";
    expect(await ask(`sum by (pod, le) (${bucket}{le=~"500(\\\\.0)?|\\\\+Inf", pod="b"})`)).toEqual({
      "b 500": 0,
      "b +Inf": 2,
    });
    const count = "sum by (pod) (istio_request_duration_milliseconds_count)";
    expect(await ask(`sum by (pod, le) (${bucket}{le="25"}) or ${count}`)).toEqual({
      "a 25": 9,
      "b 25": 0,
      a: 9,
      b: 2,
    });
    expect(await ask('sum by (pod) ({__name__="istio_request_duration_milliseconds_sum", pod="a"})')).toEqual({
      a: 180,
    });
  });

  test("drops the series of a pod at the scrape that finds it gone", async () => {
    const { clock, counters, hit, ask } = server();
    hit("a", 200, 20);
    await clock.advance(5_000);
    counters.removeTarget("a");
    await clock.advance(4_000);
    expect(await ask("sum by (pod) (istio_requests_total)")).toEqual({ a: 1 });
    await clock.advance(1_000);
    expect(await ask("sum by (pod) (istio_requests_total)")).toEqual({});
    expect(await ask("sum by (pod) (istio_requests_total)", startMs + 6_000)).toEqual({ a: 1 });
  });

  test("replays a range", async () => {
    const { clock, prometheus, hit } = server();
    for (let scrape = 0; scrape < 3; scrape++) {
      hit("a", 200, 20, 10);
      await clock.advance(5_000);
    }
    const range = await prometheus.queryRange("sum by (pod) (istio_requests_total)", startMs, startMs + 15_000, 5_000);
    if (range.kind === "error") throw new Error(range.message);
    expect(range.series).toEqual([
      {
        labels: { pod: "a" },
        points: [10, 20, 30].map((value, index) => ({ timeMs: startMs + 5_000 * (index + 1), value })),
      },
    ]);
  });

  test("can be down, slow, behind a login page, empty, or answer NaN", async () => {
    const { clock, prometheus, hit, ask } = server();
    hit("a", 200, 20);
    await clock.advance(5_000);
    const query = "sum by (pod) (istio_requests_total)";
    prometheus.setMode("nan");
    expect(await ask(query)).toEqual({ a: Number.NaN });
    prometheus.setMode("empty");
    expect(await ask(query)).toEqual({});
    prometheus.setMode("html");
    expect(await ask(query)).toBe("notPrometheus");
    prometheus.setMode("down");
    expect(await ask(query)).toBe("unreachable");
    prometheus.setMode("slow", 3_000);
    const abort = new AbortController();
    const late = prometheus.query(query, clock.now());
    const given = prometheus.query(query, clock.now(), abort.signal);
    abort.abort();
    expect(values(await given)).toBe("timeout");
    await clock.advance(3_000);
    expect(values(await late)).toEqual({ a: 1 });
  });

  test("forgets what it could not scrape for five minutes", async () => {
    const { clock, prometheus, hit, ask } = server();
    hit("a", 200, 20);
    await clock.advance(5_000);
    prometheus.setMode("frozen");
    await clock.advance(299_000);
    expect(await ask("sum by (pod) (istio_requests_total)")).toEqual({ a: 1 });
    await clock.advance(2_000);
    expect(await ask("sum by (pod) (istio_requests_total)")).toEqual({});
  });

  test("says of a query that it is beyond it", async () => {
    const { ask } = server();
    for (const promql of ["rate(istio_requests_total[5m])", "sum by (a", "1 +", 'x{a=~"("}']) {
      expect(await ask(promql)).toBe("badQuery");
    }
  });
});
