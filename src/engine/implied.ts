import type { Phase } from "../api/phase.ts";
import type { Command } from "../api/run.ts";
import { formatDuration, formatPercent } from "../api/units.ts";
import type { EngineEvent, EventName } from "./event.ts";
import type { RunFacts } from "./facts.ts";
import { freshlyBroken } from "./hold-broken.ts";
import { msOf, rfc3339, type Memory } from "./memory.ts";
import { labelsSettled, progressOf } from "./progress.ts";
import { promotionStep, stepAt } from "./plan.ts";
import { labelsContended } from "./relabel.ts";
import { MOST_RESHIFTS, recentReshifts } from "./reshift.ts";
import { windowClosed, windowOverrun } from "./window-hold.ts";
import { isLiveLost, joinBreached, sameLabels, twinWhole } from "./world.ts";

/** The states in which the candidate should have the weight in force: a lower one found was lowered by somebody. */
const CARRYING: readonly Phase[] = ["Waiting", "Scaling", "Shifting", "Observing", "Paused", "SwappingLabels"];

/** The states from which a weight that a GitOps tool has lowered goes up again. */
const RESHIFTING: readonly Phase[] = ["Waiting", "Scaling", "Shifting", "Observing"];

/**
 * What the facts say has happened, the most urgent first. The first that changes something is taken; then the facts are asked again.
 * Commands are not among them: they are taken one by one, in the order in which they were given.
 */
export function impliedEvents(phase: Phase, memory: Memory, facts: RunFacts): EngineEvent[] {
  const found: (readonly [EventName, string | undefined])[] = [
    // It moves nothing, and is mended in the state in which it was seen.
    ["holdBroken", freshlyBroken(phase, facts)],
    ["deleted", deleted(phase, facts)],
    ["routeMissing", routeMissing(phase, facts)],
    ["liveLost", liveLost(facts)],
    ["newTemplate", outdated(phase, facts)],
    ["newTemplate", mayLeave(phase, memory, facts) ? newTemplate(facts) : undefined],
    ["templateBack", mayLeave(phase, memory, facts) ? templateBack(phase, facts) : undefined],
    ["candidateLost", candidateLost(phase, memory, facts)],
    ["breachRollback", breach("Rollback", memory, facts)],
    // After what takes users away for a reason of its own: a withdrawal that this process could not remember was made for that reason.
    ["withdrawalFound", withdrawalFound(facts)],
    ["labelsContended", labelsContended(memory.relabels, facts)],
    ["breachPause", breach("Pause", memory, facts)],
    loweredByGitOps(phase, memory, facts),
    ["lowered", lowered(phase, memory, facts)],
    ["windowOverrun", windowOverrun(phase, memory, facts)],
    ["windowClosed", windowClosed(phase, memory, facts)],
    ["suspended", suspended(phase, memory, facts)],
  ];
  const progress = progressOf(phase, memory, facts);
  if (progress !== undefined) found.push([progress.type, progress.message]);
  found.push(inconclusive(memory, facts), ["progressDeadline", progressDeadline(phase, memory, facts)]);
  return found.flatMap(([type, message]) => (message === undefined ? [] : [eventOf(type, message, facts)]));
}

function eventOf(type: EventName, message: string, { nowMs, routing }: RunFacts): EngineEvent {
  const writtenAt = type === "loweredByGitOps" ? routing.gitOps?.time : undefined;
  return { type, message, nowMs, ...(writtenAt === undefined ? {} : { writtenAt }) };
}

/** Of a run that only has to let the Deployment catch up, the record may go; what it does for the Rollout is finished first. */
function deleted(phase: Phase, facts: RunFacts): string | undefined {
  if (facts.rollout.deleting) return "the Rollout was deleted";
  return facts.run.deleting && phase !== "Converging" ? "the RolloutRun was deleted" : undefined;
}

/** A route without subsets sends users to whatever the Service selects, so to the twin as well (machine rule 13). */
function routeMissing(phase: Phase, facts: RunFacts): string | undefined {
  const missing = facts.routing.problems.find((problem) => problem.kind === "missing");
  if (missing !== undefined) return missing.message;
  const split = phase === "Fencing" || CARRYING.includes(phase);
  if (!split || facts.run.status.asFound === undefined || !facts.twin.exists || facts.routing.form === "split")
    return undefined;
  return `a route was put back to a form without the subsets by ${facts.routing.lastWriter}, with the candidate's pods behind it`;
}

/**
 * Joining is finished first, unless a breach in it has brought every user back to the whole twin (machine rule 10). So is Releasing, unless
 * the Rollout stays, no other Deployment is there, and every user is on the whole twin still.
 */
function mayLeave(phase: Phase, memory: Memory, facts: RunFacts): boolean {
  if (phase === "Joining") return joinBreached(memory) && twinWhole(facts) && labelsSettled(phase, memory, facts);
  const isReleased = facts.rollout.deleting || facts.own.successor === "whole";
  return phase !== "Releasing" || (!isReleased && twinWhole(facts) && onTwin(facts));
}

function onTwin({ routing, run }: RunFacts): boolean {
  return routing.stable !== undefined && sameLabels(routing.stable, run.spec.to.podLabels);
}

function liveLost(facts: RunFacts): string | undefined {
  if (facts.run.status.asFound === undefined || !isLiveLost(facts)) return undefined;
  const { name } = facts.run.spec.pinned.workload;
  return `no pod of the version that users were on is left: Deployment ${name} has rolled out another template, past its hold`;
}

/** A plan is mended by mending the Rollout: before anything was done, the run gives way to one made from the new spec. */
function outdated(phase: Phase, facts: RunFacts): string | undefined {
  if (phase !== "Preflight" || facts.rollout.outdated !== true) return undefined;
  return "the Rollout was changed before the run began: another is made from it";
}

function newTemplate(facts: RunFacts): string | undefined {
  if (facts.own.template === "gone") return "the Deployment is gone";
  return facts.own.template === "other"
    ? "the Deployment has a newer template, which gets a run of its own"
    : undefined;
}

function templateBack(phase: Phase, facts: RunFacts): string | undefined {
  // An undo sets out from the template that Git has: that only keeps the Deployment from catching up.
  if (facts.run.spec.reason === "Undo" && facts.own.template === "live")
    return phase === "Converging"
      ? "the Deployment's template is the one that was undone: users stay on the twin"
      : undefined;
  return facts.own.template === "live" ? "the Deployment's template is the live one again" : undefined;
}

function candidateLost(phase: Phase, memory: Memory, facts: RunFacts): string | undefined {
  if (
    memory.weightInForce === 0 &&
    phase !== "Shifting" &&
    phase !== "SwappingWeight" &&
    phase !== "Keeping" &&
    phase !== "Converging"
  )
    return undefined;
  if (!facts.twin.exists) return "the candidate's Deployment is gone";
  if (facts.twin.edited)
    return "the template of the candidate's Deployment was edited: its pods are not of the version that this run vets";
  if (facts.twin.available > 0) return undefined;
  return `none of the candidate's pods is ready${facts.twin.trouble === undefined ? "" : `: ${facts.twin.trouble}`}`;
}

function withdrawalFound({ routing, run }: RunFacts): string | undefined {
  const { commandsSeen } = run.status;
  // It was made for that abort, which every state that this event acts in takes in this same pass, with who said so.
  const isAborted = run.spec.commands.some(({ id, verb }) => verb === "abort" && !commandsSeen.includes(id));
  return routing.withdrawMarked && !isAborted ? "a withdrawal had been written and not yet remembered" : undefined;
}

function breach(policy: "Rollback" | "Pause", memory: Memory, facts: RunFacts): string | undefined {
  if (facts.evidence.epoch !== memory.epoch) return undefined;
  const messages = facts.evidence.verdicts
    .filter(({ verdict, onBreach }) => verdict === "breach" && onBreach === policy)
    .map(({ message }) => message);
  return messages.length === 0 ? undefined : messages.join("; ");
}

function lowered(phase: Phase, memory: Memory, facts: RunFacts): string | undefined {
  const { minWeight, lastWriter } = facts.routing;
  if (!CARRYING.includes(phase) || memory.weightInForce === 0 || minWeight >= memory.weightInForce) return undefined;
  return `the candidate's weight was lowered from ${formatPercent(memory.weightInForce)} to ${formatPercent(minWeight)} by ${lastWriter}`;
}

/**
 * A GitOps tool means nothing by a lower weight: it writes what Git says. The weight goes up again, but not without end. While the run is
 * paused, or in the swap, it counts as anybody's lowering.
 */
function loweredByGitOps(phase: Phase, memory: Memory, facts: RunFacts): readonly [EventName, string | undefined] {
  const { gitOps } = facts.routing;
  if (!RESHIFTING.includes(phase) || gitOps === undefined || !wasReset(phase, memory, facts))
    return ["loweredByGitOps", undefined];
  const what = `the candidate's weight was reset to ${formatPercent(facts.routing.minWeight)} by ${gitOps.manager}`;
  if (recentReshifts(memory.reshifts, facts.nowMs).length < MOST_RESHIFTS)
    return ["loweredByGitOps", `${what}; it is raised again after a fresh reading without a breach`];
  return [
    "weightContended",
    `${what}, more than ${MOST_RESHIFTS} times in two minutes: tell ${gitOps.manager} to leave .spec.http of the VirtualService alone (Argo CD: ignoreDifferences with RespectIgnoreDifferences=true; Flux: kustomize.toolkit.fluxcd.io/ssa: IfNotPresent), then resume`,
  ];
}

/** Below what is in force; or, while the step's weight is being written, written by the tool since then and not counted yet. */
function wasReset(phase: Phase, memory: Memory, facts: RunFacts): boolean {
  const { minWeight, gitOps } = facts.routing;
  if (minWeight < memory.weightInForce) return true;
  if (phase !== "Shifting" || minWeight >= stepAt(facts.run.spec.plan, memory.step).weight) return false;
  if (gitOps === undefined || gitOps.time === memory.reshifts.at(-1)?.writtenAt) return false;
  const sinceMs = msOf(memory.since);
  // managedFields count in whole seconds.
  return sinceMs !== undefined && (msOf(gitOps.time) ?? 0) >= Math.floor(sinceMs / 1000) * 1000;
}

function suspended(phase: Phase, memory: Memory, facts: RunFacts): string | undefined {
  if (!facts.rollout.suspend) return undefined;
  const written = phase === "Shifting" && facts.routing.maxWeight > memory.weightInForce;
  return written ? undefined : "the Rollout is suspended";
}

function inconclusive(memory: Memory, facts: RunFacts): readonly [EventName, string | undefined] {
  const { holdMs, then } = facts.run.spec.plan.analysis.onInconclusive;
  const type = then === "Pause" ? "inconclusivePause" : "inconclusiveRollback";
  const sinceMs = msOf(memory.inconclusiveSince);
  if (sinceMs === undefined || !facts.evidence.looked || facts.nowMs < sinceMs + holdMs) return [type, undefined];
  const open = facts.evidence.verdicts
    .filter((verdict) => verdict.verdict !== "pass")
    .map((verdict) => verdict.message);
  return [type, `nothing conclusive for ${formatDuration(holdMs)}: ${open.join("; ") || "no reading at all"}`];
}

function progressDeadline(phase: Phase, memory: Memory, facts: RunFacts): string | undefined {
  if (phase === "Scaling" && facts.rollout.suspend) return undefined;
  // Invariant 3: waiting for Prometheus to tell of the past is not the candidate's fault.
  if (phase === "Shifting" && !facts.evidence.replayed) return undefined;
  const dueMs = msOf(memory.deadlines.progress);
  if (dueMs === undefined || facts.nowMs < dueMs) return undefined;
  const trouble = facts.twin.trouble === undefined ? "" : `: ${facts.twin.trouble}`;
  return `not done within ${formatDuration(facts.run.spec.plan.progressDeadlineMs)}${trouble}`;
}

/** A command as the machine's event; `refusal` where what it names is not what is at hand. */
export function commandEvent(
  command: Command,
  phase: Phase,
  memory: Memory,
  facts: RunFacts,
): { event: EngineEvent; refusal?: string } {
  const by = command.by ?? "somebody";
  const event: EngineEvent = {
    type: command.verb,
    message: `${command.verb}${command.step === undefined ? "" : ` ${command.step}`} by ${by}${command.reason === undefined ? "" : `: ${command.reason}`}`,
    nowMs: facts.nowMs,
    command: {
      id: command.id,
      by,
      ...(command.step === undefined ? {} : { step: command.step }),
      ...(command.reason === undefined ? {} : { reason: command.reason }),
    },
  };
  const { plan } = facts.run.spec;
  const known = plan.steps.map((step) => step.name);
  if (command.step !== undefined && !known.includes(command.step)) {
    return { event, refusal: `there is no step ${command.step}: the run's steps are ${known.join(", ")}` };
  }
  if (command.verb === "promote" && phase === "Observing" && memory.step >= promotionStep(plan))
    return { event, refusal: `the promotion is under way already: ${stepAt(plan, memory.step).name} is a part of it` };
  if (command.verb !== "skip") return { event };
  const current = stepAt(plan, phase === "Waiting" ? Math.max(0, memory.step - 1) : memory.step).name;
  if (command.step !== undefined && command.step !== current)
    return { event, refusal: `the step at hand is ${current}, not ${command.step}` };
  if (current === known.at(-1))
    return {
      event,
      refusal: `${current} is the last step: what it shows decides the promotion, so it cannot be skipped`,
    };
  return { event };
}

/** Runs the clock of onInconclusive: from the end of the observation, or from when nothing was heard at all. */
export function withInconclusiveClock(phase: Phase, memory: Memory, facts: RunFacts): Memory {
  if (phase !== "Observing") return memory;
  const { verdicts } = facts.evidence;
  const appliedMs = msOf(memory.appliedAt) ?? facts.nowMs;
  const over = facts.nowMs >= appliedMs + stepAt(facts.run.spec.plan, memory.step).observeMs;
  const blind = verdicts.length === 0 || verdicts.some((verdict) => verdict.missing === "data");
  const open = verdicts.length === 0 || verdicts.some((verdict) => verdict.verdict === "inconclusive");
  if (!(open && (over || blind)) || facts.rollout.suspend) return { ...memory, inconclusiveSince: undefined };
  return memory.inconclusiveSince === undefined ? { ...memory, inconclusiveSince: rfc3339(facts.nowMs) } : memory;
}
