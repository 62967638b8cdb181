import type { PrometheusApi, QueryFailure, QueryResult, RangeResult, RangeSeries } from "../prometheus/port.ts";
import { bucketBoundsMs, type Cell, type Counters, type Point, pointAt } from "./counters.ts";
import { evaluate, type Expression, type Matcher, parsePromql, QueryError, type Sample } from "./promql.ts";
import type { Timeline } from "./timeline.ts";

/** A series that was not scraped for so long is not there. Prometheus' own default. */
const LOOKBACK_MS = 300_000;

/**
 * up: as it should be; down: nobody answers and nothing is scraped; slow: every answer takes `slowMs`; html: a login page answers;
 * nan: every value is NaN; empty: the answers hold no series; frozen: it answers, but scrapes no more.
 */
export type PrometheusMode = "up" | "down" | "slow" | "html" | "nan" | "empty" | "frozen";

export interface SimPrometheus extends PrometheusApi {
  setMode(mode: PrometheusMode, slowMs?: number): void;
  /** Scrapes at once, between the regular ones. */
  scrape(): void;
  stop(): void;
}

const metrics: Readonly<Record<string, (point: Point) => { le?: string; value: number }[]>> = {
  istio_requests_total: ({ count }) => [{ value: count }],
  istio_request_duration_milliseconds_count: ({ count }) => [{ value: count }],
  istio_request_duration_milliseconds_sum: ({ sumMs }) => [{ value: sumMs }],
  istio_request_duration_milliseconds_bucket: ({ within, count }) => [
    ...bucketBoundsMs.map((bound, index) => ({ le: String(bound), value: within[index] ?? 0 })),
    { le: "+Inf", value: count },
  ],
};

/** The samples of those cells that match, as they stood at a time. */
function select(cells: Iterable<Cell>, matchers: readonly Matcher[], atMs: number): Sample[] {
  const on = (...wanted: string[]) => matchers.filter(({ label }) => wanted.includes(label));
  const rest = matchers.filter((matcher) => !on("__name__", "le").includes(matcher));
  const names = Object.keys(metrics).filter((name) => on("__name__").every(({ test }) => test(name)));
  const onBound = on("le");
  const found: Sample[] = [];
  for (const cell of cells) {
    const point = pointAt(cell, atMs);
    if (!point || !rest.every(({ label, test }) => test(cell.labels[label] ?? ""))) continue;
    for (const name of names) {
      for (const { le, value } of metrics[name]?.(point) ?? []) {
        if (!onBound.every(({ test }) => test(le ?? ""))) continue;
        found.push({ labels: { ...cell.labels, __name__: name, ...(le === undefined ? {} : { le }) }, value });
      }
    }
  }
  return found;
}

/** Queries whose parse is kept: a feed asks the same few again and again. */
const MOST_PARSED = 100;

/** Answers from what it scraped of `counters`, every `scrapeIntervalMs` from now on. */
export function startPrometheus(counters: Counters, timeline: Timeline, scrapeIntervalMs: number): SimPrometheus {
  let mode: PrometheusMode = "up";
  let slowMs = 30_000;
  let lastScrapeMs = Number.NEGATIVE_INFINITY;
  let cancel = () => {};

  function scrape(): void {
    if (mode === "down" || mode === "frozen") return;
    lastScrapeMs = timeline.nowMs();
    counters.scrape(lastScrapeMs);
  }

  function tick(): void {
    scrape();
    cancel = timeline.after(scrapeIntervalMs, tick);
  }

  function samplesAt(expression: Expression, atMs: number): Sample[] {
    if (mode === "empty" || atMs - lastScrapeMs > LOOKBACK_MS) return [];
    const samples = evaluate(expression, (matchers) => select(counters.scraped(), matchers, atMs));
    return mode === "nan" ? samples.map(({ labels }) => ({ labels, value: Number.NaN })) : samples;
  }

  function failure(reason: QueryFailure["reason"], message: string): QueryFailure {
    return { kind: "error", reason, message };
  }

  /** Holds a slow answer up; resolves to what went wrong on the way. */
  async function trouble(signal: AbortSignal | undefined): Promise<QueryFailure | undefined> {
    if (signal?.aborted) return failure("timeout", "the query was given up");
    if (mode === "down") return failure("unreachable", "connect ECONNREFUSED: nobody listens at the server's address");
    if (mode === "html") return failure("notPrometheus", "the server answered with text/html, as a login page does");
    if (mode !== "slow") return undefined;
    return new Promise((resolve) => {
      const giveUp = () => {
        cancelWait();
        resolve(failure("timeout", "no answer in time"));
      };
      const cancelWait = timeline.after(slowMs, () => {
        signal?.removeEventListener("abort", giveUp);
        resolve(undefined);
      });
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  const known = new Map<string, Expression>();

  function parsed(promql: string): Expression | QueryFailure {
    try {
      const expression = known.get(promql) ?? parsePromql(promql);
      if (known.size < MOST_PARSED) known.set(promql, expression);
      return expression;
    } catch (error) {
      if (error instanceof QueryError || error instanceof SyntaxError) return failure("badQuery", error.message);
      throw error;
    }
  }

  tick();
  return {
    async now(signal) {
      return (await trouble(signal)) ?? { kind: "time", timeMs: timeline.nowMs() };
    },

    async query(promql, atMs, signal): Promise<QueryResult> {
      const expression = (await trouble(signal)) ?? parsed(promql);
      if (expression.kind === "error") return expression;
      const samples = samplesAt(expression, atMs).map((sample) => ({ ...sample, timeMs: atMs }));
      return { kind: "samples", samples, warnings: [] };
    },

    async queryRange(promql, fromMs, toMs, stepMs, signal): Promise<RangeResult> {
      const expression = (await trouble(signal)) ?? parsed(promql);
      if (expression.kind === "error") return expression;
      const series = new Map<string, RangeSeries & { points: { timeMs: number; value: number }[] }>();
      for (let timeMs = fromMs; timeMs <= toMs; timeMs += stepMs) {
        for (const { labels, value } of samplesAt(expression, timeMs)) {
          const key = JSON.stringify(labels);
          const known = series.get(key);
          if (known) known.points.push({ timeMs, value });
          else series.set(key, { labels, points: [{ timeMs, value }] });
        }
      }
      return { kind: "series", series: [...series.values()], warnings: [] };
    },

    setMode(next, nextSlowMs = slowMs) {
      mode = next;
      slowMs = nextSlowMs;
    },
    scrape,
    stop: () => cancel(),
  };
}
