import { createAccumulator, type Accumulator } from "../analysis/accumulate.ts";
import { splitApplied } from "../analysis/applied.ts";
import { judge } from "../analysis/judge.ts";
import { countObjective } from "../analysis/objective.ts";
import type { AnalysisTarget, ObjectiveVerdict, Reading, ShareReading } from "../analysis/types.ts";
import type { RunSpec, RunStatus } from "../api/run.ts";
import type { Clock } from "../clock.ts";
import type { RunFacts } from "../engine/facts.ts";
import { msOf } from "../engine/memory.ts";
import { stepAt } from "../engine/plan.ts";
import type { Log } from "../kube/log.ts";
import type { Feed } from "../prometheus/feed.ts";
import type { QueryFailure } from "../prometheus/port.ts";
import { createPageClock, type PageClock } from "./page-clock.ts";

interface Entry {
  runUid: string;
  epoch: number;
  server: string;
  intervalMs: number;
  target: AnalysisTarget;
  accumulator: Accumulator;
  /** Readings that came while the past was still being replayed. */
  early: Reading[];
  startMs: number;
  clock: PageClock;
  /** What the run's status says of it, and when that was on the page's clock. */
  applied: { at: string; ms: number } | undefined;
  replaying: boolean;
  replayed: boolean;
  looked: boolean;
  failure: { reason: string; message: string; sinceMs: number } | undefined;
}

/** Keeps, for every run under way, what has been read about it. Lost with the process, and then read again from Prometheus. */
export interface EvidenceBook {
  /** Opens or keeps the run's page; a new epoch begins a new one. */
  follow(key: string, run: { uid: string; name: string; spec: RunSpec; status: RunStatus; namespace: string }): void;
  forget(key: string): void;
  onReading(key: string, reading: Reading): void;
  onFailure(server: string, failure: QueryFailure): void;
  /** Fractions of bad requests of the candidate over time, oldest first; empty when nothing is remembered. */
  fractions(key: string, objective: string): number[];
  /** What the facts of a pass say about evidence. `split.sinceMs`: since when the split has been as it is. */
  facts(
    key: string,
    status: RunStatus,
    spec: RunSpec,
    split: { percent: number; sinceMs: number },
  ): RunFacts["evidence"];
}

export interface EvidenceOptions {
  clock: Clock;
  log: Log;
  /** The feed of a Prometheus server; undefined when no server of that name is known. */
  feed(server: string): Pick<Feed, "register" | "unregister" | "replay"> | undefined;
  /** A rollout has news: its pass should run. */
  onNews(key: string): void;
}

export function createEvidenceBook(options: EvidenceOptions): EvidenceBook {
  const entries = new Map<string, Entry>();

  async function replay(entry: Entry, fromMs: number): Promise<void> {
    const { key } = entry.target;
    const nowMs = options.clock.now();
    const feed = options.feed(entry.server);
    const result = await feed?.replay(entry.target, entry.clock.toWall(fromMs), nowMs, entry.intervalMs);
    if (entries.get(key) !== entry) return;
    entry.looked = true;
    if (result?.kind === "error") {
      // Tried again with the next answer: until then nothing may rise.
      entry.failure ??= { reason: result.reason, message: result.message, sinceMs: entry.clock.now() };
      options.onNews(key);
      return;
    }
    const readings = (result?.readings ?? []).map((reading) => onPage(entry, reading));
    for (const reading of [...readings, ...entry.early]) entry.accumulator.add(reading);
    entry.early = [];
    entry.replayed = true;
    options.onNews(key);
  }

  function startReplay(entry: Entry): void {
    if (entry.replaying) return;
    entry.replaying = true;
    replay(entry, entry.startMs)
      .catch((error: unknown) =>
        options.log.warn({ key: entry.target.key, err: error }, "the past could not be replayed"),
      )
      .finally(() => {
        entry.replaying = false;
      });
  }

  return {
    follow(key, run) {
      const { spec, status } = run;
      const old = entries.get(key);
      if (old?.runUid === run.uid && old.epoch === status.epoch) return;
      const intervalMs = spec.plan.analysis.intervalMs;
      const target = targetOf(key, run.namespace, spec);
      const startMs = (status.epoch === 0 ? msOf(status.startedAt) : msOf(status.evidenceSince)) ?? options.clock.now();
      const entry: Entry = {
        runUid: run.uid,
        epoch: status.epoch,
        server: spec.plan.analysis.prometheus,
        intervalMs,
        target,
        accumulator: createAccumulator(target, startMs, { freshCandidate: status.epoch === 0 }),
        early: [],
        startMs,
        clock: createPageClock(options.clock),
        applied: undefined,
        replaying: false,
        replayed: false,
        looked: false,
        failure: undefined,
      };
      entries.set(key, entry);
      const feed = options.feed(entry.server);
      feed?.unregister(key);
      feed?.register(key, target, intervalMs);
      startReplay(entry);
    },
    forget(key) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      options.feed(entry.server)?.unregister(key);
      entries.delete(key);
    },
    onReading(key, read) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      const reading = onPage(entry, read);
      entry.failure = undefined;
      if (!entry.replayed) {
        if (entry.early.length < 1000) entry.early.push(reading);
        startReplay(entry);
        return;
      }
      entry.looked = true;
      entry.accumulator.add(reading);
      options.onNews(key);
    },
    onFailure(server, failure) {
      for (const [key, entry] of entries) {
        if (entry.server !== server) continue;
        entry.failure = {
          reason: failure.reason,
          message: failure.message,
          sinceMs: entry.failure?.sinceMs ?? entry.clock.now(),
        };
        entry.looked = true;
        options.onNews(key);
      }
    },
    fractions: (key, objective) => entries.get(key)?.accumulator.fractions(objective) ?? [],
    facts(key, status, spec, splitNow) {
      const entry = entries.get(key);
      const none: RunFacts["evidence"] = {
        epoch: status.epoch,
        looked: false,
        replayed: false,
        verdicts: [],
        split: "tooFew",
        candidate: { kind: "blind", forMs: 0 },
      };
      if (entry === undefined || entry.epoch !== status.epoch) return none;
      const nowMs = entry.clock.now();
      const split = { ...splitNow, sinceMs: entry.clock.of(splitNow.sinceMs) };
      const appliedMs = appliedOnPage(entry, status.appliedAt);
      const { lastReadingMs } = entry.accumulator;
      const staleAfterMs = staleAfter(entry.intervalMs);
      const verdicts = judge(entry.accumulator, {
        ...(appliedMs === undefined ? {} : { stepAppliedMs: appliedMs }),
        observeMs: stepAt(spec.plan, status.step).observeMs,
        nowMs,
        minRequests: spec.plan.analysis.minRequests,
        staleAfterMs,
        ...(entry.failure === undefined ? {} : { lastFailure: entry.failure }),
      });
      const shares = entry.accumulator.shares(split.sinceMs);
      const candidate = candidateTraffic(entry.accumulator, split.sinceMs, nowMs, staleAfterMs);
      return {
        epoch: entry.epoch,
        looked: entry.looked,
        replayed: entry.replayed,
        ...(lastReadingMs === undefined ? {} : { lastReadingMs: entry.clock.toWall(lastReadingMs) }),
        verdicts: verdicts.map((verdict) => asOfNow(verdict, entry.clock)),
        split: splitSeen(shares, split, status.weightInForce, {
          nowMs,
          intervalMs: entry.intervalMs,
          blind: candidate.kind === "blind",
        }),
        candidate,
      };
    },
  };
}

function onPage({ clock }: Entry, reading: Reading): Reading {
  return { ...reading, timeMs: clock.of(reading.timeMs) };
}

/** Placed when it is first seen: by then the clock may have been set, but seldom since it was written. */
function appliedOnPage(entry: Entry, at: string | undefined): number | undefined {
  if (entry.applied?.at !== at) {
    const atMs = msOf(at);
    entry.applied = at === undefined || atMs === undefined ? undefined : { at, ms: entry.clock.of(atMs) };
  }
  return entry.applied?.ms;
}

/** With the span of its numbers as people's clocks have it. */
function asOfNow(verdict: ObjectiveVerdict, clock: PageClock): ObjectiveVerdict {
  const { evidence } = verdict;
  if (evidence === undefined) return verdict;
  const span = { fromMs: clock.toWall(evidence.fromMs), toMs: clock.toWall(evidence.toMs) };
  return { ...verdict, evidence: { ...evidence, ...span } };
}

/** A reading says something about now for four intervals, and never for less than ten seconds: scrapes come late. */
function staleAfter(intervalMs: number): number {
  return Math.max(10_000, 4 * intervalMs);
}

interface Looking {
  nowMs: number;
  intervalMs: number;
  blind: boolean;
}

/** Whether traffic follows the weight. As long as readings come, some time is given to the requests to show it. */
function splitSeen(
  shares: readonly ShareReading[],
  split: { percent: number; sinceMs: number },
  previousPercent: number,
  looking: Looking,
): RunFacts["evidence"]["split"] {
  const { kind } = splitApplied(shares, split.percent, { sinceWriteMs: split.sinceMs, previousPercent });
  const due = looking.nowMs - split.sinceMs > 5 * looking.intervalMs + 5_000;
  return kind === "tooFew" && !looking.blind && !due ? "notYet" : kind;
}

function candidateTraffic(
  accumulator: Accumulator,
  sinceMs: number,
  nowMs: number,
  staleAfterMs: number,
): RunFacts["evidence"]["candidate"] {
  const last = accumulator.lastReadingMs;
  if (last === undefined || nowMs - last > staleAfterMs) return { kind: "blind", forMs: nowMs - (last ?? sinceMs) };
  const shares = accumulator.shares(sinceMs);
  const newest = shares.at(-1);
  if (newest === undefined) return { kind: "busy", forMs: 0 };
  const busy = shares.findLast((share) => share.canary > 0);
  const fromMs = busy?.toMs ?? shares[0]?.fromMs ?? newest.fromMs;
  return newest === busy ? { kind: "busy", forMs: 0 } : { kind: "quiet", forMs: newest.toMs - fromMs };
}

function targetOf(key: string, namespace: string, spec: RunSpec): AnalysisTarget {
  return {
    key,
    namespace,
    serviceHost: `${spec.pinned.service.name}.${namespace}.svc.cluster.local`,
    canaryWorkload: spec.to.workload,
    stableWorkload: spec.from.workload,
    canarySubset: spec.pinned.istio.subsets.canary,
    stableSubset: spec.pinned.istio.subsets.stable,
    objectives: spec.plan.analysis.objectives.map(countObjective),
  };
}
