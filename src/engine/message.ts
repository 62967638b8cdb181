import type { Phase } from "../api/phase.ts";
import type { Plan } from "../api/run.ts";
import { formatPercent } from "../api/units.ts";
import type { EngineEvent } from "./event.ts";
import type { Memory } from "./memory.ts";
import { stepAt } from "./plan.ts";

interface Told {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** What people are told of a transition; undefined where it is housekeeping. Reasons are stable: alerts and scripts rest on them. */
export function describe(from: Phase, to: Phase, event: EngineEvent, memory: Memory, plan: Plan): Told | undefined {
  const step = stepAt(plan, memory.step);
  const why = event.message;
  if (event.type === "loweredByGitOps") return warning("WeightReset", why);
  // It has an Event of its own, told each time.
  if (event.type === "holdBroken") return undefined;
  if (from === to) {
    if (event.command !== undefined) return normal("CommandAccepted", why);
    return memory.stalled !== undefined ? warning("Stalled", `${memory.stalled.reason}: ${why}`) : undefined;
  }
  switch (to) {
    case "Waiting":
      if (event.command !== undefined) return normal("CommandAccepted", why);
      if (from === "Preflight") return normal("PreflightPassed", why);
      return normal(event.type === "stepPassed" ? "StepPassed" : "Waiting", why);
    case "Scaling":
      return normal("Scaling", `starting the candidate's pods for ${formatPercent(step.weight)}`);
    case "Shifting":
      return normal(
        "WeightRaised",
        `${formatPercent(step.weight)} of the users go to the candidate (step ${step.name})${plan.unmanagedCallers === "Accept" ? `: ${why}` : ""}`,
      );
    case "Observing":
      return normal("StepStarted", `step ${step.name}: ${why}`);
    case "Paused":
      return warning("Paused", `${memory.pause?.reason ?? "Paused"}: ${why}`);
    case "SwappingLabels":
      return normal("Promoting", why);
    case "Keeping":
      return normal("UsersMoved", why);
    case "Converging":
      return normal("Converging", "the Deployment rolls to the new version while the candidate's pods carry the users");
    case "Withdrawing":
      return warning(
        event.type.startsWith("breach") ? "SLOBreached" : "RollingBack",
        `users are taken away from the candidate: ${why}`,
      );
    case "Undoing":
      return warning("Undoing", `users go back to the old pods: ${why}`);
    case "Promoted":
      return normal("Promoted", memory.liveOnTwin ? `promoted; users stay on the candidate's own pods: ${why}` : why);
    case "RolledBack":
      return warning("RolledBack", `rolled back: ${memory.end?.message ?? why}`);
    case "Aborted":
      return warning("Aborted", `ended: ${memory.end?.message ?? why}`);
    case "Superseded":
      return normal("Superseded", memory.end?.message ?? why);
    default:
      return undefined;
  }
}

function normal(reason: string, message: string): Told {
  return { type: "Normal", reason, message };
}

function warning(reason: string, message: string): Told {
  return { type: "Warning", reason, message };
}
