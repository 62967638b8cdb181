import { type Accumulator, type Counts, type Peak, type ViewState, views } from "./accumulate.ts";
import { eValue } from "./e-process.ts";
import { latencyQuery, requestsQuery } from "./queries.ts";
import type { CountObjective, Evidence, Missing, ObjectiveVerdict, View } from "./types.ts";
import { agoText, eText, limitText, percentText, requestsText } from "./wording.ts";

/** The last failed query; what `prometheus/port.ts` calls a failure, and since when there has been nothing but failures. */
export interface LastFailure {
  reason: string;
  message: string;
  sinceMs: number;
}

export interface JudgeInput {
  /** When the step's split was seen to be applied; absent while it is not, when only a breach can be found. */
  stepAppliedMs?: number;
  /** How long the step is observed from then. */
  observeMs: number;
  nowMs: number;
  /** Requests of the candidate that a pass needs. @default 100 */
  minRequests?: number;
  /** From which age the newest reading says nothing about now. */
  staleAfterMs: number;
  /** The chance of a false breach in the whole run, split over objectives and views. @default 0.001 */
  alpha?: number;
  /** Absent when the last query succeeded. */
  lastFailure?: LastFailure;
}

/** Judges every objective of the run by what `accumulator` has read. Pure: the same input gives the same verdicts. */
export function judge(accumulator: Accumulator, input: JudgeInput): ObjectiveVerdict[] {
  const { objectives } = accumulator.target;
  const alpha = (input.alpha ?? 0.001) / (objectives.length * views.length);
  return objectives.map((objective) => judgeOne(accumulator, objective, alpha, input));
}

function judgeOne(
  accumulator: Accumulator,
  objective: CountObjective,
  alpha: number,
  input: JudgeInput,
): ObjectiveVerdict {
  const common = { objective: objective.name, onBreach: objective.onBreach };
  const breach = findBreach(accumulator, objective, alpha);
  if (breach) return { ...common, verdict: "breach", ...breach };

  const view = primaryView(accumulator, objective);
  const sinceMs = input.stepAppliedMs ?? input.nowMs;
  const counts = accumulator.since(objective.name, view, sinceMs);
  const evidence = evidenceOf(accumulator, objective, view, counts, alpha);
  const inconclusive = (missing: Missing, message: string): ObjectiveVerdict => ({
    ...common,
    verdict: "inconclusive",
    missing,
    message: `${objective.name}: ${message}`,
    ...(accumulator.baselineMs !== undefined && { evidence }),
  });

  const trouble = dataTrouble(accumulator, objective, view, input);
  if (trouble !== undefined) return inconclusive("data", trouble);

  const sofar = `${badText(objective, counts)} so far`;
  if (input.stepAppliedMs === undefined) return inconclusive("time", "the step's split is not applied yet");
  const restMs = input.stepAppliedMs + input.observeMs - input.nowMs;
  if (restMs > 0)
    return inconclusive("time", `observing for another ${agoText(Math.ceil(restMs / 1000) * 1000)}, ${sofar}`);

  const minRequests = input.minRequests ?? 100;
  if (counts.total < minRequests) {
    return inconclusive(
      "requests",
      `only ${Math.floor(counts.total)} of ${minRequests} requests that a pass needs, ${sofar}`,
    );
  }
  for (const side of views) {
    const seen = side === view ? counts : accumulator.since(objective.name, side, sinceMs);
    if (seen.total === 0 || seen.bad / seen.total <= objective.limitFraction) continue;
    const sided = evidenceOf(accumulator, objective, side, seen, alpha);
    const proof =
      sided.eValue < 1 / alpha
        ? `E = ${eText(sided.eValue)} < ${eText(1 / alpha)} is no proof`
        : "on too few to be a breach";
    const message = `${badText(objective, seen)}, above ${overLimit(objective)}, but ${proof}`;
    return { ...inconclusive("limit", message), evidence: sided };
  }
  return {
    ...common,
    verdict: "pass",
    message: `${objective.name}: ${badText(objective, counts)}, within ${overLimit(objective)}`,
    evidence,
  };
}

/** The view with the strongest evidence, when that is a breach: seen by the servers or by their callers, either is enough. */
function findBreach(
  accumulator: Accumulator,
  objective: CountObjective,
  alpha: number,
): Pick<ObjectiveVerdict, "message" | "evidence"> | undefined {
  let best: { view: View; state: ViewState; logE: number } | undefined;
  for (const view of views) {
    const state = accumulator.view(objective.name, view);
    const logE = state?.peak?.logE ?? Number.NEGATIVE_INFINITY;
    if (state !== undefined && logE >= -Math.log(alpha) && logE > (best?.logE ?? Number.NEGATIVE_INFINITY))
      best = { view, state, logE };
  }
  const peak = best?.state.peak;
  if (best === undefined || peak === undefined) return undefined;
  const e = Math.min(Math.exp(peak.logE), 1e300);
  return {
    message: `${objective.name}: ${breachText(objective, peak)}, over ${overLimit(objective)}, E = ${eText(e)} >= ${eText(1 / alpha)}`,
    evidence: { ...evidenceOf(accumulator, objective, best.view, peak, alpha), eValue: e },
  };
}

/** A fault that began late is told by its own numbers while all that were counted still keep the limit. */
function breachText(objective: CountObjective, peak: Peak): string {
  const { excess, total, bad, toMs } = peak;
  if (excess === undefined || bad > objective.limitFraction * total) return badText(objective, peak);
  const whole = `${Math.round(bad)} of ${requestsText(total)} since counting began`;
  return `${badText(objective, excess)} in the last ${agoText(toMs - excess.fromMs)} (${whole})`;
}

/** The servers' own account, unless only their callers are measured. */
function primaryView(accumulator: Accumulator, objective: CountObjective): View {
  const seen = (view: View) => accumulator.view(objective.name, view)?.lastSeenMs !== undefined;
  return !seen("destination") && seen("source") ? "source" : "destination";
}

/** Why the newest reading says nothing about now; undefined when it does. */
function dataTrouble(
  accumulator: Accumulator,
  objective: CountObjective,
  view: View,
  input: JudgeInput,
): string | undefined {
  const { target, lastReadingMs } = accumulator;
  const failed =
    input.lastFailure &&
    `no answer from Prometheus for ${agoText(input.nowMs - input.lastFailure.sinceMs)} (${input.lastFailure.reason}: ${input.lastFailure.message})`;
  if (lastReadingMs === undefined) return failed ?? "no reading yet";
  const ageMs = input.nowMs - lastReadingMs;
  if (ageMs > input.staleAfterMs) return failed ?? `the newest reading is ${agoText(ageMs)} old`;
  const unusable = accumulator.unusable(objective.name);
  if (unusable !== undefined) return `the newest reading is unusable: ${unusable}`;
  if (!accumulator.seenAny)
    return `Prometheus answers, but knows no requests to ${target.serviceHost} by workload or subset`;
  const seenMs = accumulator.view(objective.name, view)?.lastSeenMs;
  if (seenMs !== undefined && input.nowMs - seenMs > input.staleAfterMs) {
    return `the counters of ${target.canaryWorkload} have been gone from Prometheus for ${agoText(input.nowMs - seenMs)}`;
  }
  return undefined;
}

function evidenceOf(
  accumulator: Accumulator,
  objective: CountObjective,
  view: View,
  counts: Counts,
  alpha: number,
): Evidence {
  const process = accumulator.view(objective.name, view)?.process;
  const hosts = [accumulator.target.serviceHost];
  return {
    view,
    total: counts.total,
    bad: counts.bad,
    ...(counts.total > 0 ? { fraction: counts.bad / counts.total } : {}),
    limitFraction: objective.limitFraction,
    eValue: process ? eValue(process) : 1,
    alpha,
    fromMs: counts.fromMs,
    toMs: counts.toMs,
    query: objective.kind === "latency" ? latencyQuery(hosts, [objective.bucketMs ?? 0]) : requestsQuery(hosts),
  };
}

/** `51 of 98 requests (52.0 %) failed`. */
function badText(objective: CountObjective, counts: Pick<Counts, "total" | "bad">): string {
  const what = objective.kind === "latency" ? `took longer than ${objective.bucketMs} ms` : "failed";
  const share = counts.total > 0 ? ` (${percentText(counts.bad / counts.total)})` : "";
  return `${Math.round(counts.bad)} of ${requestsText(counts.total)}${share} ${what}`;
}

function overLimit(objective: CountObjective): string {
  const { bucketMs, maxMs } = objective;
  const stricter =
    bucketMs !== undefined && maxMs !== undefined && bucketMs !== maxMs
      ? ` (the bucket below the asked ${maxMs} ms)`
      : "";
  return `the limit of ${limitText(objective.limitFraction)}${stricter}`;
}
