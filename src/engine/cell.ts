import type { Outcome, State } from "../api/phase.ts";
import type { EndReason, PauseReason } from "../api/run.ts";

/** What one event does in one state. Plain data: the machine, the docs and the tests read the same cells. */
export type Cell =
  /** Nothing changes; a command is recorded as done. */
  | { kind: "stay"; note?: string }
  /** A command that a later state takes; until then it waits, and others pass it by. */
  | { kind: "later"; note: string }
  /** A command that has no meaning here; `say` tells the person what to do instead. */
  | { kind: "refuse"; say: string }
  /** Cannot happen here; if it does all the same, nothing changes. */
  | { kind: "cannot" }
  | GoCell;

export interface GoCell {
  kind: "go";
  /** "byEnd": the outcome that belongs to the reason for which the run ends. "=": the same state, with what is noted beside it. */
  to: State | Outcome | "byEnd" | "=";
  /** Why the run ends; the first reason is kept. */
  end?: EndReason;
  pause?: PauseReason;
  /** Nothing is paused any more, in a state that can be paused where it is. */
  unpause?: true;
  /** Somebody took the users away: the weight in force becomes 0. */
  withdrawn?: true;
  /** A GitOps tool took the users away: the weight in force becomes 0, and the time is kept. */
  reshift?: true;
  step?: "next" | "promotion";
  /** The step that a skip or an approval names is settled. */
  approve?: true;
  /** Evidence so far is acknowledged: a new epoch. */
  acknowledge?: true;
  /** Why the run cannot go on by itself; "" ends that, and gives the state its time anew. */
  stall?: string;
  liveOnTwin?: true;
  /** The keep clock: stop it, or start it again. */
  keepClock?: "stop" | "start";
  /** Stands in the run's record though nothing moves. */
  remark?: true;
  note?: string;
}

export const stay = (note?: string): Cell => (note === undefined ? { kind: "stay" } : { kind: "stay", note });
export const later = (note: string): Cell => ({ kind: "later", note });
export const refuse = (say: string): Cell => ({ kind: "refuse", say });
export const cannot: Cell = { kind: "cannot" };
export const go = (to: GoCell["to"], what: Omit<GoCell, "kind" | "to"> = {}): Cell => ({ kind: "go", to, ...what });
/** Take the users away and end for this reason. */
export const withdraw = (end: EndReason, note?: string): Cell =>
  go("Withdrawing", note === undefined ? { end } : { end, note });
export const undo = (end: EndReason): Cell => go("Undoing", { end });
export const pause = (reason: PauseReason): Cell => go("Paused", { pause: reason });
/** Nothing moves; people are told, and the run's record has it. */
export const remark = (note: string): Cell => go("=", { remark: true, note });
export const stall = (reason: string): Cell => go("=", { stall: reason });
