import type { State } from "../api/phase.ts";
import type { Plan, RunStatus } from "../api/run.ts";
import type { GoCell } from "./cell.ts";
import type { EngineEvent } from "./event.ts";
import { withReshift } from "./reshift.ts";
import { promotionStep, stepAt } from "./plan.ts";

/** The part of a run's status that events change. A plain value: applying an event gives a new one. */
export type Memory = Pick<
  RunStatus,
  | "step"
  | "epoch"
  | "weightInForce"
  | "since"
  | "evidenceSince"
  | "appliedAt"
  | "inconclusiveSince"
  | "deadlines"
  | "approved"
  | "end"
  | "pause"
  | "stalled"
  | "liveOnTwin"
  | "reshifts"
  | "relabels"
>;

export function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

export function msOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

export function memoryOf(status: RunStatus): Memory {
  const {
    step,
    epoch,
    weightInForce,
    since,
    evidenceSince,
    appliedAt,
    inconclusiveSince,
    deadlines,
    approved,
    end,
    pause,
    stalled,
    liveOnTwin,
    reshifts,
    relabels,
  } = status;
  return {
    step,
    epoch,
    weightInForce,
    since,
    evidenceSince,
    appliedAt,
    inconclusiveSince,
    deadlines,
    approved,
    end,
    pause,
    stalled,
    liveOnTwin,
    reshifts,
    relabels,
  };
}

/** What a cell writes into the run's memory beside the state it goes to. */
export function remember(memory: Memory, cell: GoCell, event: EngineEvent, plan: Plan, from: State): Memory {
  const next: Memory = { ...memory };
  const by = event.command?.by;
  const said = { message: event.message, ...(by === undefined ? {} : { by }) };
  if (cell.end !== undefined && next.end === undefined) next.end = { reason: cell.end, ...said };
  if (cell.pause !== undefined) next.pause = { reason: cell.pause, withdrawn: cell.withdrawn === true, ...said };
  else if (cell.withdrawn === true && next.pause !== undefined) next.pause = { ...next.pause, withdrawn: true };
  if (cell.unpause === true) next.pause = undefined;
  if (cell.withdrawn === true) next.weightInForce = 0;
  if (cell.reshift === true) {
    next.weightInForce = 0;
    next.reshifts = withReshift(memory.reshifts, event.nowMs, event.writtenAt);
  }
  if (cell.approve === true) next.approved = settled(memory, event, plan, from);
  if (cell.step !== undefined)
    next.step = cell.step === "next" ? memory.step + 1 : Math.max(memory.step, promotionStep(plan));
  if (cell.acknowledge === true) acknowledge(next, event.nowMs);
  if (cell.stall !== undefined) next.stalled = stalledBy(memory.stalled, cell.stall, event);
  if (cell.liveOnTwin === true) next.liveOnTwin = true;
  if (cell.keepClock === "stop") next.deadlines = without(next.deadlines, "keep");
  if (cell.keepClock === "start")
    next.deadlines = { ...next.deadlines, keep: rfc3339(event.nowMs + plan.keepPreviousMs) };
  if (cell.to !== "=") enter(next, cell, event, plan);
  else if (cell.step !== undefined || cell.stall === "") next.deadlines = renewed(next.deadlines, event, plan);
  return next;
}

/** The first cause is kept, so that two of them never take turns; but a breach is said whatever else there is. */
function stalledBy(before: Memory["stalled"], reason: string, event: EngineEvent): Memory["stalled"] {
  if (reason === "") return undefined;
  const breach = event.type === "breachRollback" || event.type === "breachPause";
  return before === undefined || (breach && before.reason !== reason) ? { reason, message: event.message } : before;
}

/** Work that a person has changed, or asked for again, has its whole time again. */
function renewed(deadlines: Memory["deadlines"], event: EngineEvent, plan: Plan): Memory["deadlines"] {
  if (deadlines.progress === undefined) return deadlines;
  return { ...deadlines, progress: rfc3339(event.nowMs + plan.progressDeadlineMs) };
}

function enter(next: Memory, cell: GoCell, event: EngineEvent, plan: Plan): void {
  next.since = rfc3339(event.nowMs);
  next.stalled = undefined;
  next.inconclusiveSince = undefined;
  // A deletion that did not come to pass is no reason for its end.
  if (cell.to === "Promoted") next.end = undefined;
  if (cell.to !== "Paused") next.pause = undefined;
  if (cell.to !== "Observing") next.appliedAt = undefined;
  else next.appliedAt = rfc3339(event.nowMs);
  if (cell.to === "Observing") next.weightInForce = stepAt(plan, next.step).weight;
  if (cell.to === "Shifting") next.evidenceSince ??= rfc3339(event.nowMs);
  next.deadlines = deadlinesOf(next, cell, event, plan);
}

const TIMED: readonly GoCell["to"][] = [
  "Fencing",
  "Scaling",
  "Shifting",
  "SwappingLabels",
  "SwappingWeight",
  "Undoing",
  "Converging",
  "Joining",
  "Releasing",
  "Withdrawing",
  "Draining",
];

function deadlinesOf(next: Memory, cell: GoCell, event: EngineEvent, plan: Plan): Memory["deadlines"] {
  const keep = cell.to === "Keeping" ? next.deadlines.keep : undefined;
  const limitMs = cell.to === "Draining" ? plan.drainAfterMs : plan.progressDeadlineMs;
  return {
    ...(keep === undefined ? {} : { keep }),
    ...(TIMED.includes(cell.to) ? { progress: rfc3339(event.nowMs + limitMs) } : {}),
  };
}

/** The steps whose gates are met: the one that the command names, else the one before the step that waits. */
function settled(memory: Memory, event: EngineEvent, plan: Plan, from: State): string[] {
  const type = event.type;
  const names =
    type === "promote"
      ? plan.steps.filter((step) => !step.promotion).map((step) => step.name)
      : [event.command?.step ?? stepAt(plan, from === "Waiting" ? memory.step - 1 : memory.step).name];
  return [...new Set([...memory.approved, ...names])];
}

function acknowledge(next: Memory, nowMs: number): void {
  next.epoch += 1;
  next.evidenceSince = rfc3339(nowMs);
  // Whoever lets it go on has told the tool, or means to let it try again.
  next.reshifts = [];
}

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}
