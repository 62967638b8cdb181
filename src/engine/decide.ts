import { isFinal, type Phase, type Verb } from "../api/phase.ts";
import type { Remark } from "../api/remark.ts";
import type { RunStatus, TransitionRecord } from "../api/run.ts";
import { desiredOf, type Desired } from "./desired.ts";
import type { EngineEvent } from "./event.ts";
import type { RunFacts } from "./facts.ts";
import { holdNotices } from "./hold-broken.ts";
import { commandEvent, impliedEvents, withInconclusiveClock } from "./implied.ts";
import { step } from "./machine.ts";
import { memoryOf, msOf, rfc3339, type Memory } from "./memory.ts";
import { noticeOf, type Notice } from "./notice.ts";
import { stepAt } from "./plan.ts";
import { ROUTED_MS } from "./progress.ts";
import { labelsContended, relabelNotices, withRelabels } from "./relabel.ts";
import { cellOf } from "./table.ts";
import { waitingWindow, windowNotice } from "./window-hold.ts";
import { sameLabels } from "./world.ts";

export interface Decision {
  status: RunStatus;
  desired: Desired;
  notices: readonly Notice[];
  /** When to look again though nothing happens, in milliseconds since the epoch. */
  wakeAtMs: number | undefined;
}

interface Progress {
  phase: Phase;
  memory: Memory;
  seen: string[];
  transitions: TransitionRecord[];
  notices: Notice[];
  asFound: RunStatus["asFound"];
}

const MOST_EVENTS = 16;
/** Of a run's record: the newest. */
export const KEPT_TRANSITIONS = 60;

/** What has become of the run, what the world should be like, and what to tell people. Pure: the same facts give the same decision. */
export function decide(facts: RunFacts): Decision {
  const { status } = facts.run;
  const now: Progress = {
    phase: status.phase,
    memory: withRelabels(
      status.phase,
      withInconclusiveClock(status.phase, withoutPastStall(memoryOf(status), facts), facts),
      facts,
    ),
    seen: [...status.commandsSeen],
    transitions: [...status.transitions],
    notices: [],
    asFound: status.asFound,
  };
  const relabelled = relabelNotices(status.relabels, now.memory, facts);
  now.notices.push(...relabelled, ...holdNotices(status.phase, facts));
  const settled = settle(now, facts);
  const contended = relabelled.find(({ reason }) => reason === "RouteContended");
  // Where it takes users away the record says so itself.
  if (contended !== undefined && now.phase === status.phase) remark(now, facts, "routeContended", contended.message);
  if (!settled) {
    now.memory = {
      ...now.memory,
      stalled: {
        reason: "EngineBug",
        message: `more than ${MOST_EVENTS} events in one pass; the last state was ${now.phase}`,
      },
    };
  }
  const next = statusOf(now, facts);
  tellOfFailedChecks(now, facts, next);
  tellOfWindow(now, facts, next);
  const noted = { ...next, transitions: now.transitions.slice(-KEPT_TRANSITIONS) };
  return {
    status: noted,
    desired: desiredOf(now.phase, now.memory, withStatus(facts, noted)),
    notices: now.notices,
    wakeAtMs: wakeAt(noted, facts),
  };
}

/** Some stalls end by themselves, without a step of the machine. */
function withoutPastStall(memory: Memory, facts: RunFacts): Memory {
  const { twin, preflight } = facts;
  const past: Readonly<Record<string, boolean>> = {
    EngineBug: true,
    CandidateLost: twin.exists && twin.available > 0 && !twin.edited,
    PreflightFailed: preflight !== undefined,
    Conflict: preflight !== undefined,
  };
  return past[memory.stalled?.reason ?? ""] === true ? { ...memory, stalled: undefined } : memory;
}

/** Feeds events until nothing changes any more. False when that does not come to an end. Commands do: each is taken once. */
function settle(now: Progress, facts: RunFacts): boolean {
  let taken = 0;
  while (taken <= MOST_EVENTS) {
    if (isFinal(now.phase)) return true;
    // Releasing too: a run that ended in preflight, while users were on an earlier one's twin, puts back what that one found.
    const arranges = now.phase === "Fencing" || now.phase === "Converging" || now.phase === "Releasing";
    if (arranges && now.asFound === undefined) now.asFound = facts.asFoundNow;
    if (takeImplied(now, facts)) taken += 1;
    else if (takeCommand(now, facts)) taken = 0;
    else return true;
  }
  return false;
}

function takeImplied(now: Progress, facts: RunFacts): boolean {
  const seen = withStatus(facts, { ...facts.run.status, asFound: now.asFound, transitions: now.transitions });
  return impliedEvents(now.phase, now.memory, seen).some((event) => take(now, facts, event));
}

function take(now: Progress, facts: RunFacts, event: EngineEvent): boolean {
  const before = now.phase;
  if (isFinal(before)) return false;
  const next = step(before, now.memory, facts.run.spec.plan, event);
  const same =
    next.phase === before && JSON.stringify(comparable(next.memory)) === JSON.stringify(comparable(now.memory));
  const cell = cellOf(before, event.type);
  if (same && !(cell.kind === "go" && cell.remark === true)) return false;
  now.phase = next.phase;
  now.memory = next.memory;
  record(now, facts, before, event);
  return true;
}

/** A stall whose message only grows older is not a change. */
function comparable(memory: Memory): unknown {
  return { ...memory, stalled: memory.stalled?.reason };
}

function takeCommand(now: Progress, facts: RunFacts): boolean {
  const { phase } = now;
  if (isFinal(phase)) return false;
  const waits = (verb: Verb) => cellOf(phase, verb).kind === "later";
  const command = facts.run.spec.commands.find(({ id, verb }) => !now.seen.includes(id) && !waits(verb));
  if (command === undefined) return false;
  now.seen.push(command.id);
  const { event, refusal } = commandEvent(command, phase, now.memory, facts);
  const cell = cellOf(phase, event.type);
  const no = refusal ?? (cell.kind === "refuse" ? cell.say : undefined);
  if (no !== undefined) {
    const message = `${event.message}: refused in ${phase}: ${no}`;
    now.notices.push({ id: `${facts.run.name}.${command.id}`, type: "Warning", reason: "CommandRefused", message });
    remark(now, facts, "commandRefused", message, command.by);
    return true;
  }
  if (!take(now, facts, event)) record(now, facts, phase, event);
  return true;
}

function record(now: Progress, facts: RunFacts, from: Phase, event: EngineEvent): void {
  const entry: TransitionRecord = {
    at: rfc3339(facts.nowMs),
    from,
    to: now.phase,
    event: event.type,
    message: event.message,
  };
  if (event.command !== undefined) entry.by = event.command.by;
  const before = now.transitions.at(-1);
  now.transitions.push(entry);
  const notice = noticeOf({ run: facts.run, before, from, to: now.phase, event, memory: now.memory });
  if (notice !== undefined) now.notices.push(notice);
}

/** Notes what moved nothing. */
function remark(now: Progress, { nowMs }: RunFacts, event: Remark, message: string, by?: string): void {
  const at = rfc3339(nowMs);
  now.transitions.push({ at, from: now.phase, to: now.phase, event, message, ...(by === undefined ? {} : { by }) });
}

function statusOf(now: Progress, facts: RunFacts): RunStatus {
  const { status, spec } = facts.run;
  const { evidence } = facts;
  const final = isFinal(now.phase);
  // The evidence that decided something stays: later states look at nothing new.
  const breached = evidence.verdicts.some((verdict) => verdict.verdict === "breach");
  const goingBack = status.end !== undefined;
  const telling = !goingBack && (status.phase === "Observing" || breached);
  const judged = telling && evidence.epoch === now.memory.epoch && evidence.verdicts.length > 0;
  return {
    ...status,
    ...now.memory,
    phase: now.phase,
    asFound: now.asFound,
    commandsSeen: now.seen,
    transitions: now.transitions.slice(-KEPT_TRANSITIONS),
    writer: facts.identity,
    startedAt: status.startedAt ?? rfc3339(facts.nowMs),
    ...(final && status.finishedAt === undefined ? { finishedAt: rfc3339(facts.nowMs) } : {}),
    ...(facts.preflight === undefined ? {} : { preflight: facts.preflight }),
    ...(judged && !final ? { objectives: evidence.verdicts.map(objectiveStatus) } : {}),
    // Releasing has brought the users back to the Service's own pods, unless a newer template came first.
    liveOnTwin:
      (status.phase !== "Releasing" || now.phase === "Promoted") &&
      (now.memory.liveOnTwin || (final && now.phase !== "Promoted" && spec.from.track === "twin")),
    weightInForce: weightNow(now, facts),
    contended: final ? undefined : labelsContended(now.memory.relabels, facts),
    window: waitingWindow(now.phase, now.memory, facts),
    ...stalledByChecks(now, facts),
  };
}

/** Users are taken away before anything else, except in an undo: there they are on the candidate until the old pods may have them. */
function weightNow({ phase, memory }: Progress, facts: RunFacts): number {
  if (phase === "Withdrawing" || phase === "Draining" || isFinal(phase)) return 0;
  return phase === "Undoing" && !stableIsCandidate(facts) ? 0 : memory.weightInForce;
}

function stableIsCandidate({ routing, run }: RunFacts): boolean {
  return routing.stable !== undefined && sameLabels(routing.stable, run.spec.to.podLabels);
}

/** The check that finds another Rollout in the way. */
const SOLE_OWNER = "sole-owner";

function stalledByChecks(now: Progress, facts: RunFacts): Pick<RunStatus, "stalled"> | Record<string, never> {
  const failed = facts.preflight?.filter((finding) => finding.severity === "fail") ?? [];
  if (now.phase !== "Preflight" || failed.length === 0) return {};
  return {
    stalled: {
      reason: failed.some((finding) => finding.id === SOLE_OWNER) ? "Conflict" : "PreflightFailed",
      message: failed.map((finding) => `${finding.id}: ${finding.message} (${finding.remedy})`).join("; "),
    },
  };
}

/** Once for each new set of failures: the checks run again and again while they fail. */
function tellOfFailedChecks(now: Progress, facts: RunFacts, next: RunStatus): void {
  const { stalled } = next;
  const isAboutChecks = stalled?.reason === "PreflightFailed" || stalled?.reason === "Conflict";
  if (!isAboutChecks || stalled.message === facts.run.status.stalled?.message) return;
  const failed = failedChecks(next);
  if (failed !== failedChecks(facts.run.status)) remark(now, facts, "checksFailed", stalled.message);
  now.notices.push({
    id: `${facts.run.name}.preflight.${failed}`,
    type: "Warning",
    reason: "PreflightFailed",
    message: stalled.message,
  });
}

function failedChecks({ preflight }: RunStatus): string {
  return preflight
    .filter((finding) => finding.severity === "fail")
    .map((finding) => finding.id)
    .join(".");
}

function tellOfWindow(now: Progress, facts: RunFacts, next: RunStatus): void {
  const notice = windowNotice({ name: facts.run.name, status: next });
  if (notice === undefined || notice.id === windowNotice(facts.run)?.id) return;
  now.notices.push(notice);
  remark(now, facts, "waitingForWindow", notice.message);
}

function objectiveStatus(verdict: RunFacts["evidence"]["verdicts"][number]): RunStatus["objectives"][number] {
  const { objective, message } = verdict;
  const common = { name: objective, verdict: verdict.verdict, message };
  if (verdict.evidence === undefined) return common;
  const { fromMs, toMs, ...numbers } = verdict.evidence;
  return { ...common, evidence: { ...numbers, from: rfc3339(fromMs), to: rfc3339(toMs) } };
}

/** The facts as they are once this decision is remembered: what is desired may rest on what was just noted. */
function withStatus(facts: RunFacts, status: RunStatus): RunFacts {
  return { ...facts, run: { ...facts.run, status } };
}

/** The next moment at which the passing of time alone may change the decision. */
function wakeAt(status: RunStatus, facts: RunFacts): number | undefined {
  if (isFinal(status.phase)) return undefined;
  const { plan } = facts.run.spec;
  const appliedMs = msOf(status.appliedAt);
  const sinceMs = msOf(status.inconclusiveSince);
  const { routesForMs, labelsForMs } = facts.routing;
  const moments = [
    msOf(status.deadlines.progress),
    msOf(status.deadlines.keep),
    msOf(status.window?.opensAt),
    appliedMs === undefined ? undefined : appliedMs + stepAt(plan, status.step).observeMs,
    sinceMs === undefined ? undefined : sinceMs + plan.analysis.onInconclusive.holdMs,
    facts.nowMs + plan.settleMs - routesForMs,
    facts.nowMs + plan.settleMs - labelsForMs,
    status.phase === "Withdrawing" ? facts.nowMs + ROUTED_MS - routesForMs : undefined,
    facts.nowMs + plan.settleMs - facts.twin.availableForMs,
    facts.nowMs + plan.settleMs - facts.twin.leavingForMs,
    facts.nowMs + facts.lateWritesForMs,
    facts.nowMs + 60_000,
  ];
  return Math.min(...moments.filter((moment) => moment !== undefined && moment > facts.nowMs).map(Number));
}
