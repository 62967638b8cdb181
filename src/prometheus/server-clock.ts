import { type Clock, wallBaseMs } from "../clock.ts";
import { withDeadline } from "./deadline.ts";
import type { FeedLog } from "./feed.ts";
import { fail } from "./failure.ts";
import type { InstantSample, PrometheusApi, RangeSeries } from "./port.ts";

export interface ServerClockOptions {
  serverName: string;
  api: PrometheusApi;
  /** The clock on which callers say their times. */
  clock: Clock;
  log: FeedLog;
  /** How long a look at the server's clock may take: much less than a query may, which waits for the first look. @default 1000 */
  deadlineMs?: number;
}

/** For so long what was seen of the server's clock is taken to hold. */
const AGAIN_MS = 60_000;
/** After a look that failed, queries wait for none for so long. */
const PATIENCE_MS = 10_000;
/** Less than this is the way of the question, and harms no query. */
const LEAST_SKEW_MS = 1_000;
/** From here on people are told. */
const TOLD_SKEW_MS = 5_000;

/**
 * The same server, asked in terms of the caller's clock: times are moved to the server's on the way in and back on the way out. A
 * controller whose clock is two minutes behind would otherwise read what was true two minutes ago, and take users away that late; one
 * that is five minutes ahead would read nothing. A look at the server's clock that fails changes nothing: the query is
 * asked all the same, and tells why.
 */
export function onServerClock({ serverName, api, clock, log, deadlineMs = 1_000 }: ServerClockOptions): PrometheusApi {
  const forever = new AbortController().signal;
  let skewMs = 0;
  let seen: { monotonicMs: number; wallBaseMs: number } | undefined;
  let failedMs: number | undefined;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const sentMs = clock.monotonic();
    const late = fail("timeout", `${serverName} does not tell its time within ${deadlineMs} ms`);
    const answer = await withDeadline(clock, deadlineMs, forever, (signal) => api.now(signal), late).catch(
      (error: unknown) => fail("unreachable", `${serverName}: ${String(error)}`),
    );
    failedMs = undefined;
    if (answer.kind === "error" || !Number.isFinite(answer.timeMs)) {
      failedMs = clock.monotonic();
      return;
    }
    const receivedMs = clock.monotonic();
    const nowMs = clock.now() - (receivedMs - sentMs) / 2;
    seen = { monotonicMs: receivedMs, wallBaseMs: wallBaseMs(clock) };
    change(Math.abs(answer.timeMs - nowMs) < LEAST_SKEW_MS ? 0 : Math.round(answer.timeMs - nowMs));
  }

  function change(toMs: number): void {
    const isToTell =
      Math.abs(toMs - skewMs) >= LEAST_SKEW_MS && Math.max(Math.abs(toMs), Math.abs(skewMs)) >= TOLD_SKEW_MS;
    skewMs = toMs;
    if (!isToTell) return;
    const seconds = Math.round(Math.abs(toMs) / 1000);
    const fields = { server: serverName, skewMs };
    if (seconds === 0) log.info(fields, "Prometheus and this controller agree about the time again");
    else
      log.warn(
        fields,
        `the clock of Prometheus "${serverName}" is ${seconds} s ${toMs > 0 ? "ahead of" : "behind"} this controller's: it is asked by its own; set the clocks`,
      );
  }

  async function skew(): Promise<number> {
    if (failedMs !== undefined && clock.monotonic() - failedMs < PATIENCE_MS) return skewMs;
    const isUsable = seen !== undefined && Math.abs(wallBaseMs(clock) - seen.wallBaseMs) < LEAST_SKEW_MS;
    if (isUsable && clock.monotonic() - (seen?.monotonicMs ?? 0) < AGAIN_MS) return skewMs;
    looking ??= look().finally(() => (looking = undefined));
    // What was seen a minute ago is as good for this query as what is seen now.
    if (!isUsable) await looking;
    return skewMs;
  }

  return {
    now: (signal) => api.now(signal),
    async query(promql, atMs, signal) {
      const byMs = await skew();
      const result = await api.query(promql, atMs + byMs, signal);
      if (result.kind === "error" || byMs === 0) return result;
      return { ...result, samples: result.samples.map((sample): InstantSample => back(sample, byMs)) };
    },
    async queryRange(promql, fromMs, toMs, stepMs, signal) {
      const byMs = await skew();
      const result = await api.queryRange(promql, fromMs + byMs, toMs + byMs, stepMs, signal);
      if (result.kind === "error" || byMs === 0) return result;
      const series = result.series.map(
        ({ labels, points }): RangeSeries => ({ labels, points: points.map((point) => back(point, byMs)) }),
      );
      return { ...result, series };
    },
  };
}

function back<T extends { timeMs: number }>(at: T, byMs: number): T {
  return { ...at, timeMs: at.timeMs - byMs };
}
