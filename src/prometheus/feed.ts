import { readingFrom } from "../analysis/reading.ts";
import type { AnalysisTarget, Reading } from "../analysis/types.ts";
import type { Clock } from "../clock.ts";
import { askFor, instantAnswers, rangeReadings } from "./ask.ts";
import { withDeadline } from "./deadline.ts";
import { fail } from "./failure.ts";
import type { PrometheusApi, QueryFailure } from "./port.ts";

/** What the feed says to a log: pino's shape, so that a pino logger is one. */
export interface FeedLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface FeedOptions {
  /** The server's name in the rollouts' specs. */
  serverName: string;
  api: PrometheusApi;
  clock: Clock;
  log: FeedLog;
  /** A reading of the target registered under `key`. */
  onReading(key: string, reading: Reading): void;
  /** A query failed: for all targets that were asked for. Called again for each that fails. */
  onFailure(serverName: string, failure: QueryFailure): void;
  /** After every query, for metrics. */
  onQuery?(query: {
    serverName: string;
    template: "requests" | "latency" | "replay";
    durationMs: number;
    ok: boolean;
  }): void;
  /** Of targets that name no interval. @default 10000 */
  intervalMs?: number;
  /** From which time on a query has failed. @default 5000 */
  deadlineMs?: number;
  /** Services in one query; more are split over several. @default 500 */
  servicesPerQuery?: number;
}

export type ReplayResult = { kind: "readings"; readings: Reading[] } | QueryFailure;

export interface Feed {
  /** Reads `target` from now on, every `intervalMs`. Under a key that is there already the new target takes the old one's place. */
  register(key: string, target: AnalysisTarget, intervalMs?: number): void;
  /** Stops reading for `key`: no `onReading` comes after this, not even from a query under way. */
  unregister(key: string): void;
  /**
   * What the target's readings would have been from `fromMs` to `toMs`: after a restart, before the target is registered, since
   * readings must come in order of time. Long spans are read more coarsely, which the evidence does not mind.
   */
  replay(target: AnalysisTarget, fromMs: number, toMs: number, intervalMs?: number): Promise<ReplayResult>;
  /** Ends all of it; a query under way is given up. */
  stop(): void;
}

interface Registration {
  key: string;
  target: AnalysisTarget;
  intervalMs: number;
  /** On the monotonic clock. */
  dueMs: number;
}

/** Timers may fire a moment early, and wall clocks tell whole milliseconds: this close to its time a target is due. */
const earlyMs = 2;

/** Times in one replay; Prometheus itself refuses above 11,000. */
const mostReplayed = 2000;

/**
 * Asks one server for all the targets that are due, each template once, and never again before the answer or the deadline.
 * Runs on `clock` alone, so also on a virtual one.
 */
export function createFeed(options: FeedOptions): Feed {
  const { serverName, api, clock, log } = options;
  const defaultIntervalMs = options.intervalMs ?? 10_000;
  const deadlineMs = options.deadlineMs ?? 5000;
  const servicesPerQuery = options.servicesPerQuery ?? 500;
  const registrations = new Map<string, Registration>();
  const stopped = new AbortController();
  let cancelTimer: (() => void) | undefined;
  let asking = false;
  let failingSince: number | undefined;

  /** Due times lie on multiples of the interval, so that targets of the same interval share their queries. */
  function nextDue(intervalMs: number): number {
    const wallMs = clock.now();
    return clock.monotonic() + (Math.floor((wallMs + earlyMs) / intervalMs) + 1) * intervalMs - wallMs;
  }

  function schedule(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    if (asking || stopped.signal.aborted || registrations.size === 0) return;
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const { dueMs } of registrations.values()) earliestMs = Math.min(earliestMs, dueMs);
    cancelTimer = clock.after(Math.max(0, earliestMs - clock.monotonic()), () => void tick());
  }

  async function tick(): Promise<void> {
    cancelTimer = undefined;
    asking = true;
    try {
      const nowMs = clock.monotonic();
      const due = [...registrations.values()].filter(({ dueMs }) => dueMs <= nowMs + earlyMs);
      for (const registration of due) registration.dueMs = nextDue(registration.intervalMs);
      for (let at = 0; at < due.length; at += servicesPerQuery) await ask(due.slice(at, at + servicesPerQuery));
    } finally {
      asking = false;
      schedule();
    }
  }
  async function ask(due: readonly Registration[]): Promise<void> {
    const atMs = clock.now();
    const results = await askFor(
      due.map(({ target }) => target),
      (promql, template) => timed(template, (signal) => api.query(promql, atMs, signal)),
    );
    if (stopped.signal.aborted) return;
    for (const result of [results.requests, results.latency]) if (result?.kind === "error") report(result);
    // Without requests there is no reading at all: what one template says alone could only mislead.
    if (results.requests.kind === "error") return;
    if (results.latency?.kind !== "error") recovered();
    const requestsOf = instantAnswers(results.requests);
    const latencyOf = instantAnswers(results.latency);
    for (const registration of due) {
      const { key, target } = registration;
      if (registrations.get(key) !== registration) continue;
      const requests = requestsOf(target.serviceHost);
      if (requests) deliver(key, readingFrom(target, atMs, requests, latencyOf(target.serviceHost)));
    }
  }

  /** Runs one query against the deadline and counts it. */
  async function timed<T extends { kind: string }>(
    template: "requests" | "latency" | "replay",
    run: (signal: AbortSignal) => Promise<T | QueryFailure>,
  ): Promise<T | QueryFailure> {
    const startMs = clock.monotonic();
    const late = fail("timeout", `${serverName} does not answer within ${deadlineMs} ms`);
    // An api never rejects; should one, that must not end the feed.
    const asked = withDeadline<T | QueryFailure>(clock, deadlineMs, stopped.signal, run, late);
    const result = await asked.catch((error: unknown) => fail("unreachable", `${serverName}: ${String(error)}`));
    options.onQuery?.({ serverName, template, durationMs: clock.monotonic() - startMs, ok: result.kind !== "error" });
    return result;
  }

  function deliver(key: string, reading: Reading): void {
    try {
      options.onReading(key, reading);
    } catch (error) {
      log.error({ error, key }, "a reading could not be taken");
    }
  }

  function report(failure: QueryFailure): void {
    if (failingSince === undefined) log.warn({ server: serverName, reason: failure.reason }, failure.message);
    failingSince ??= clock.monotonic();
    try {
      options.onFailure(serverName, failure);
    } catch (error) {
      log.error({ error, server: serverName }, "a failure could not be taken");
    }
  }

  function recovered(): void {
    if (failingSince === undefined) return;
    log.info({ server: serverName, failingMs: clock.monotonic() - failingSince }, "Prometheus answers again");
    failingSince = undefined;
  }

  return {
    register(key, target, intervalMs = defaultIntervalMs) {
      registrations.set(key, { key, target, intervalMs, dueMs: clock.monotonic() });
      schedule();
    },
    unregister(key) {
      registrations.delete(key);
      schedule();
    },
    async replay(target, fromMs, toMs, intervalMs = defaultIntervalMs) {
      if (toMs < fromMs) return { kind: "readings", readings: [] };
      const stepMs = Math.max(intervalMs, Math.ceil((toMs - fromMs) / mostReplayed));
      const { requests, latency } = await askFor([target], (promql) =>
        timed("replay", (signal) => api.queryRange(promql, fromMs, toMs, stepMs, signal)),
      );
      // Half a replay would be a run that forgot half of its evidence.
      if (requests.kind === "error") return requests;
      if (latency?.kind === "error") return latency;
      return { kind: "readings", readings: rangeReadings(target, requests, latency) };
    },
    stop() {
      registrations.clear();
      stopped.abort();
      schedule();
    },
  };
}
