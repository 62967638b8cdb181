import type { NotificationEvent } from "../api/notifications.ts";
import type { Message, ToldRun } from "./message.ts";

/** What undoes or continues what a message tells of, as one types it. `approval`: the step that waits for one. */
export function commandsFor(event: NotificationEvent, run: ToldRun, approval: string): Message["commands"] {
  const { rollout } = run.spec;
  const command = (args: string, effect: string) => ({ line: `sluice ${args} -n ${run.namespace}`, effect });
  const abort = command(`abort ${rollout}`, "take the new version away from all users and end the run");
  const undo = command(`undo ${rollout}`, "put users back on the version before");
  const look = command(`get ${rollout}`, "see where it is and what the numbers say");
  switch (event) {
    case "Started":
    case "StepAdvanced":
    case "StepPassed":
    case "WeightReset":
      return [command(`pause ${rollout}`, "stay at this weight"), abort];
    case "ApprovalNeeded":
      return [command(`approve ${rollout} ${approval}`, "let it go on to the next step"), abort];
    case "Paused":
      return [command(`resume ${rollout}`, "go on, with what was seen acknowledged"), abort];
    case "PreflightFailed":
      return [command(`retry ${rollout}`, "look again, once what was found is mended"), abort];
    case "WaitingForWindow":
      return [look, command(`abort ${rollout}`, "end the run; with other windows, sluice retry begins it anew")];
    case "Stalled":
    case "CommandRefused":
    case "HoldBroken":
    case "TwinEdited":
    case "RouteContended":
      return [look];
    case "UsersMoved":
    case "Promoted":
      return [undo];
    case "RolledBack":
    case "Aborted":
      return [command(`retry ${rollout}`, "try the same version again; or change the Deployment's template")];
    case "SLOBreached":
    case "RollingBack":
    case "Undoing":
      return [look];
    case "Superseded":
      return [];
  }
}
