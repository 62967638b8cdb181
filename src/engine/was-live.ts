import type { RunSpec, RunStatus } from "../api/run.ts";
import { isUndone } from "./undo.ts";

export interface EndedRun {
  spec: Pick<RunSpec, "from" | "to" | "reason">;
  status: Pick<RunStatus, "phase" | "transitions">;
}

/**
 * Whether users were on the revision of this hash, by the record of `runs`, the newest first. The newest run that brought it to an
 * end has the word: one that was rolled back or aborted, or whose objectives broke and nobody said resume or retry after it, is no
 * recommendation, whatever came before. Nor is one that people have undone since.
 */
export function wasLive(hash: string, runs: readonly EndedRun[]): boolean {
  const brought = runs
    .filter((run) => run.spec.to.hash === hash || (isUndone(run) && run.spec.from.hash === hash))
    .find((run) => run.status.phase !== "Superseded" || isBreached(run));
  if (brought !== undefined && isUndone(brought)) return brought.spec.to.hash === hash;
  if (brought !== undefined) return brought.status.phase === "Promoted" && !isBreached(brought);
  return runs.some(({ spec }) => spec.from.hash === hash);
}

function isBreached({ status }: EndedRun): boolean {
  const last = status.transitions.findLast(({ event }) => isBreach(event) || event === "resume" || event === "retry");
  return last !== undefined && isBreach(last.event);
}

function isBreach(event: string): boolean {
  return event === "breachRollback" || event === "breachPause";
}
