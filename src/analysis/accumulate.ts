import { createEProcess, type EProcess, logEValue, meetsFloors, update } from "./e-process.ts";
import { createExcess, type Excess, type Span } from "./excess.ts";
import { createHistory } from "./history.ts";
import type { AnalysisTarget, CounterRow, Reading, ShareReading, Track, View } from "./types.ts";

export const views: readonly View[] = ["destination", "source"];
const tracks: readonly Track[] = ["canary", "stable"];

/** The candidate's requests and bad ones over a time. */
export interface Counts {
  total: number;
  bad: number;
  fromMs: number;
  toMs: number;
}

/** The strongest evidence at any reading so far: crossing the line once is a breach (Ville), whatever comes after. */
export interface Peak extends Counts {
  logE: number;
  /** The last part of it, over which the limit was not kept. */
  excess: Span | undefined;
}

export interface ViewState {
  /** Since the baseline. */
  process: EProcess;
  excess: Excess;
  /** Of the readings at which the floors were met. */
  peak: Peak | undefined;
  /** The newest reading in which Prometheus had the candidate's counters. */
  lastSeenMs: number | undefined;
}

/** What a run remembers of its readings. Not persisted: replayed from Prometheus after a restart. */
export interface Accumulator {
  readonly target: AnalysisTarget;
  /** The first reading, from which everything is counted; undefined before it. */
  readonly baselineMs: number | undefined;
  readonly lastReadingMs: number | undefined;
  /** Whether any reading had a counter of either track. */
  readonly seenAny: boolean;
  /** Takes the next reading. One that is not newer than the last, or from before the start, is ignored. */
  add(reading: Reading): void;
  view(objective: string, view: View): ViewState | undefined;
  /** The candidate's counts in the readings that lie wholly after `sinceMs`. */
  since(objective: string, view: View, sinceMs: number): Counts;
  /** The candidate's fraction of bad requests between neighbouring readings with any request, oldest first, by the view that saw more. */
  fractions(objective: string): number[];
  /** Why the newest reading is of no use for the objective. */
  unusable(objective: string): string | undefined;
  /** Requests by track between neighbouring readings that lie wholly after `sinceMs`: from the callers' side when there is one. */
  shares(sinceMs: number): ShareReading[];
}

export interface AccumulatorOptions {
  /**
   * Whether the candidate's pods are this run's own, so that all they ever counted belongs to it, also what the first reading
   * already shows. False after a resume, whose epoch starts in the middle of their lives.
   * @default true
   */
  freshCandidate?: boolean;
}

/** Starts without a reading. Readings from before `startMs` (milliseconds since the epoch) are ignored. */
export function createAccumulator(
  target: AnalysisTarget,
  startMs: number,
  options: AccumulatorOptions = {},
): Accumulator {
  const counters = createCounters(options.freshCandidate ?? true);
  const history = createHistory();
  const states = new Map<string, ViewState>();
  const indices = new Map<string, number>();
  // The sums' layout: requests by view and track, then total and bad by objective and view.
  const sums = Array.from({ length: views.length * tracks.length }, () => 0);
  for (const { name, limitFraction } of target.objectives) {
    for (const view of views) {
      const excess = createExcess(limitFraction);
      states.set(`${name}|${view}`, {
        process: createEProcess(limitFraction),
        excess,
        peak: undefined,
        lastSeenMs: undefined,
      });
      indices.set(`${name}|${view}`, sums.push(0, 0) - 2);
    }
  }
  let baselineMs: number | undefined;
  let lastReadingMs: number | undefined;
  let seenAny = false;
  let unusable: Readonly<Record<string, string>> = {};

  const requestIndex = (view: View, track: Track) => views.indexOf(view) * tracks.length + tracks.indexOf(track);

  function addObjective(name: string, rows: readonly CounterRow[], fromMs: number, timeMs: number): void {
    for (const view of views) {
      const state = states.get(`${name}|${view}`) as ViewState;
      const mine = rows.filter((row) => row.track === "canary" && row.view === view);
      if (mine.length === 0) continue;
      state.lastSeenMs = timeMs;
      let total = 0;
      let bad = 0;
      for (const row of mine) {
        const grown = counters.grown(name, row);
        total += grown.total;
        bad += grown.bad;
      }
      if (total === 0) continue;
      const index = indices.get(`${name}|${view}`) as number;
      sums[index] = (sums[index] as number) + total;
      sums[index + 1] = (sums[index + 1] as number) + bad;
      const { process, excess } = state;
      update(process, bad, total);
      excess.add(bad, total, fromMs);
      const logE = logEValue(process);
      if (meetsFloors(process) && logE > (state.peak?.logE ?? Number.NEGATIVE_INFINITY)) {
        const { total: all, bad: allBad } = process;
        state.peak = { logE, total: all, bad: allBad, fromMs: baselineMs as number, toMs: timeMs, excess: excess.span };
      }
    }
  }

  return {
    target,
    get baselineMs() {
      return baselineMs;
    },
    get lastReadingMs() {
      return lastReadingMs;
    },
    get seenAny() {
      return seenAny;
    },
    add(reading) {
      const { timeMs } = reading;
      if (timeMs < startMs || timeMs <= (lastReadingMs ?? Number.NEGATIVE_INFINITY)) return;
      baselineMs ??= timeMs;
      const fromMs = lastReadingMs ?? timeMs;
      lastReadingMs = timeMs;
      unusable = reading.unusable ?? {};
      seenAny ||= reading.requests.length > 0;
      for (const row of reading.requests) {
        const index = requestIndex(row.view, row.track);
        sums[index] = (sums[index] as number) + counters.grown("", row).total;
      }
      const instances = reading.instances ?? [];
      if (reading.requests.length > 0 || reading.unusable === undefined) counters.endScope("", instances);
      for (const { name } of target.objectives) {
        const rows = reading.rows[name];
        if (rows === undefined) continue;
        addObjective(name, rows, fromMs, timeMs);
        counters.endScope(name, instances);
      }
      history.push(timeMs, sums);
    },
    view: (objective, view) => states.get(`${objective}|${view}`),
    since(objective, view, sinceMs) {
      const index = indices.get(`${objective}|${view}`);
      const span = history.since(sinceMs);
      if (index === undefined || span === undefined)
        return { total: 0, bad: 0, fromMs: sinceMs, toMs: lastReadingMs ?? sinceMs };
      const grown = (at: number) => (span.to[at] as number) - (span.from[at] as number);
      return { total: grown(index), bad: grown(index + 1), fromMs: span.fromMs, toMs: span.toMs };
    },
    fractions(objective) {
      const moments = history.entries(Number.NEGATIVE_INFINITY);
      const totalOf = (view: View) => sums[indices.get(`${objective}|${view}`) ?? -1] ?? 0;
      const view = totalOf("source") > totalOf("destination") ? "source" : "destination";
      const index = indices.get(`${objective}|${view}`);
      if (index === undefined) return [];
      return moments.slice(1).flatMap((moment, at) => {
        const before = moments[at] as typeof moment;
        const total = (moment.sums[index] as number) - (before.sums[index] as number);
        const bad = (moment.sums[index + 1] as number) - (before.sums[index + 1] as number);
        return total > 0 ? [bad / total] : [];
      });
    },
    unusable: (objective) => unusable[objective],
    shares(sinceMs) {
      const moments = history.entries(sinceMs);
      const first = moments[0];
      const last = moments.at(-1);
      if (first === undefined || last === undefined) return [];
      const of = (view: View, from: readonly number[], to: readonly number[]) => {
        const [canary, stable] = tracks.map(
          (track) => (to[requestIndex(view, track)] as number) - (from[requestIndex(view, track)] as number),
        );
        return { canary: canary as number, total: (canary as number) + (stable as number) };
      };
      const view: View = of("source", first.sums, last.sums).total > 0 ? "source" : "destination";
      return moments.slice(1).map((moment, index) => {
        const before = moments[index] as typeof moment;
        return { fromMs: before.timeMs, toMs: moment.timeMs, ...of(view, before.sums, moment.sums) };
      });
    },
  };
}

interface Counters {
  /** How much a row grew since it was last seen. `scope` keeps objectives apart, "" is the requests'. */
  grown(scope: string, row: CounterRow): { total: number; bad: number };
  /** Closes a scope's reading: what comes first in a later one was not there before. Not called for one that was unusable. */
  endScope(scope: string, instances: readonly string[]): void;
}

/** Turns cumulative counters into increments, pod by pod. */
function createCounters(freshCandidate: boolean): Counters {
  const lastSeen = new Map<string, { total: number; bad: number }>();
  /** By scope that has its baseline: the scrape targets that it has heard of. */
  const known = new Map<string, Set<string>>();

  /** Whether all that a counter shows at first sight belongs to this run. */
  function startsFromZero(scope: string, row: CounterRow): boolean {
    // The twin is named like the run: its pods have no earlier life.
    if (row.by !== "subset" && row.track === "canary") return freshCandidate;
    const instances = known.get(scope);
    if (instances === undefined) return false;
    // A pod that was not there at the baseline was born since. A subset's name outlives runs, and a proxy that was merely not
    // scraped at the baseline may bring back an earlier run's errors: only one that was seen without this counter is believed.
    return row.by !== "subset" || (freshCandidate && instances.has(row.instance ?? ""));
  }

  return {
    grown(scope, row) {
      const key = `${scope}|${row.series}`;
      const base = lastSeen.get(key) ?? (startsFromZero(scope, row) ? { total: 0, bad: 0 } : row);
      lastSeen.set(key, { total: row.total, bad: row.bad });
      // A counter that falls was reset (its proxy restarted): what it counted before and after cannot be told apart.
      if (row.total < base.total || row.bad < base.bad) return { total: 0, bad: 0 };
      const total = row.total - base.total;
      return { total, bad: Math.min(total, row.bad - base.bad) };
    },
    endScope(scope, instances) {
      const before = known.get(scope);
      if (before === undefined) known.set(scope, new Set(instances));
      else for (const instance of instances) before.add(instance);
    },
  };
}
