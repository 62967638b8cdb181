import { isFinal } from "../api/phase.ts";
import type { Message, ToldRun } from "./message.ts";

/**
 * Of a run's messages the one that presses and is still so: what an alert is up for. `isNewest`: no other run has begun since; `isOver`:
 * users are on what Git has again, so that the end of the run is history.
 */
export function standingOf(
  { status }: ToldRun,
  messages: readonly Message[],
  { isNewest, isOver }: { isNewest: boolean; isOver: boolean },
): Message | undefined {
  const last = messages.findLast(({ aside }) => !aside);
  if (last === undefined || last.severity === "Info" || !isNewest) return undefined;
  return isStill() ? last : undefined;

  function isStill(): boolean {
    switch (last?.event) {
      case "Paused":
        return status.phase === "Paused";
      case "ApprovalNeeded":
        return status.phase === "Waiting";
      case "PreflightFailed":
        return status.phase === "Preflight" && status.stalled !== undefined;
      case "Stalled":
        return status.stalled !== undefined && !isFinal(status.phase);
      case "RolledBack":
        return !isOver;
      // Somebody has decided so, and knows.
      case "Aborted":
        return false;
      default:
        return !isFinal(status.phase);
    }
  }
}
