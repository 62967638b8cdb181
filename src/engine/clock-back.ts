import type { Plan, RunStatus } from "../api/run.ts";
import { msOf, rfc3339 } from "./memory.ts";

/**
 * A run's status with no time in it that is yet to come, as it has after a controller whose clock was ahead: what has happened has
 * happened by now, and a deadline is no further away than it is when it is set. What follows waits once more instead of for the
 * clock to catch up, and evidence is read from now on. The same value when there is nothing to mend.
 */
export function withoutFuture(status: RunStatus, plan: Plan, nowMs: number): RunStatus {
  const { deadlines } = status;
  const progressMs = status.phase === "Draining" ? plan.drainAfterMs : plan.progressDeadlineMs;
  const mended = {
    ...earliest(status, "since", nowMs),
    ...earliest(status, "startedAt", nowMs),
    ...earliest(status, "evidenceSince", nowMs),
    ...earliest(status, "appliedAt", nowMs),
    ...earliest(status, "inconclusiveSince", nowMs),
  };
  const due = {
    ...earliest(deadlines, "progress", nowMs + progressMs),
    ...earliest(deadlines, "keep", nowMs + plan.keepPreviousMs),
  };
  const isFuture = ({ at }: { at: string }) => (msOf(at) ?? 0) > nowMs;
  const by = <T extends { at: string }>(entry: T): T => (isFuture(entry) ? { ...entry, at: rfc3339(nowMs) } : entry);
  const isRight =
    Object.keys(mended).length + Object.keys(due).length === 0 &&
    !status.reshifts.some(isFuture) &&
    !status.relabels.some(isFuture);
  if (isRight) return status;
  return {
    ...status,
    ...mended,
    deadlines: { ...deadlines, ...due },
    reshifts: status.reshifts.map(by),
    relabels: status.relabels.map(by),
  };
}

/** The member as it must be, when it lies after `mostMs`; else nothing. */
function earliest<K extends string>(
  of: { readonly [key in K]?: string | undefined },
  key: K,
  mostMs: number,
): { [key in K]?: string } {
  const atMs = msOf(of[key]);
  return atMs !== undefined && atMs > mostMs ? ({ [key]: rfc3339(mostMs) } as { [key in K]?: string }) : {};
}
