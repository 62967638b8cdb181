/** What can happen to a run. Every event is a column of the table in table.ts; none carries a decision, only what is said about it. */

/** A state's own work is done. Only the state that waits for it knows the event. */
export const PROGRESS_EVENTS = [
  "checksPassed",
  "catchUp",
  "gateOpen",
  "fenced",
  "scaled",
  "applied",
  "stepPassed",
  "lastStepPassed",
  "labelsApplied",
  "weightApplied",
  "keepOver",
  "oldServing",
  "converged",
  "joined",
  "released",
  "quiet",
  "drained",
] as const;

/** What the numbers, or their absence, say. */
export const EVIDENCE_EVENTS = ["breachRollback", "breachPause", "inconclusivePause", "inconclusiveRollback"] as const;

export const COMMAND_EVENTS = ["abort", "pause", "resume", "promote", "undo", "retry", "skip", "approve"] as const;

export const WORLD_EVENTS = [
  "newTemplate",
  "templateBack",
  "candidateLost",
  "liveLost",
  "progressDeadline",
  "routeMissing",
  "lowered",
  "loweredByGitOps",
  "weightContended",
  "labelsContended",
  "holdBroken",
  "deleted",
  "suspended",
  "windowClosed",
  "windowOverrun",
  "withdrawalFound",
] as const;

export const EVENTS = [...PROGRESS_EVENTS, ...EVIDENCE_EVENTS, ...COMMAND_EVENTS, ...WORLD_EVENTS] as const;

export type ProgressEvent = (typeof PROGRESS_EVENTS)[number];
export type EventName = (typeof EVENTS)[number];
/** The events that every state must have an answer to. */
export type AnyStateEvent = Exclude<EventName, ProgressEvent>;

export interface EngineEvent {
  type: EventName;
  /** One sentence for people: what was seen, with its numbers. */
  message: string;
  nowMs: number;
  /** Of `loweredByGitOps`: when the tool wrote, by the API server. */
  writtenAt?: string;
  /** Commands only. */
  command?: { id: string; by: string; step?: string; reason?: string };
}
