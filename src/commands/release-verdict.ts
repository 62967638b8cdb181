import { isFinal, type Phase } from "../api/phase.ts";
import type { RolloutStatus } from "../api/run.ts";
import type { ReadRun } from "../controller/observe.ts";
import { stepToApprove } from "./standing.ts";

/** How a release stands for whoever waits for it. */
export interface ReleaseVerdict {
  kind: "promoted" | "rolledBack" | "paused" | "underWay";
  /** Why, in a sentence. */
  message: string;
}

export interface ReleaseFacts {
  rollout: RolloutStatus;
  /** The newest, ended or not. */
  run: ReadRun | undefined;
  /** Digest of the Deployment's pod template now; undefined when there is no Deployment. */
  templateHash: string | undefined;
  workload: string;
}

/**
 * What came of the newest version. A run that ended long ago is no answer for a template that was changed a moment ago: as the
 * controller does, its digest is held against what is live and what was refused.
 */
export function releaseVerdict({ rollout, run, templateHash, workload }: ReleaseFacts): ReleaseVerdict {
  if (templateHash === undefined) return { kind: "paused", message: `Deployment ${workload} does not exist` };
  if (run !== undefined && !isFinal(run.status.phase)) return underWay(run);
  const { live, ended } = rollout;
  if (live === undefined) {
    if (rollout.phase === "") return { kind: "underWay", message: "no controller has looked at the Rollout yet" };
    return { kind: stopped(rollout) ? "paused" : "underWay", message: rollout.message };
  }
  if (live.hash === templateHash) return { kind: "promoted", message: `every user is on ${live.revision}` };
  const refused = run === undefined ? ended : { hash: run.spec.to.hash, outcome: run.status.phase, message: why(run) };
  if (refused?.hash === templateHash && refused.outcome !== "Superseded")
    return refused.outcome === "Promoted"
      ? { kind: "promoted", message: refused.message }
      : { kind: "rolledBack", message: refused.message };
  if (stopped(rollout)) return { kind: "paused", message: rollout.message };
  return { kind: "underWay", message: `Deployment ${workload} has a new template: a run begins` };
}

/** Nothing goes on until somebody does something. A phase at rest is the reason of what stalls, or Paused when suspended. */
function stopped({ phase, conditions }: RolloutStatus): boolean {
  return phase === "Paused" || conditions.some(({ type, status }) => type === "Stalled" && status === "True");
}

const GOING_BACK: readonly Phase[] = ["Withdrawing", "Undoing", "Draining", "Releasing"];

function underWay(run: ReadRun): ReleaseVerdict {
  const { phase, pause, stalled, end, window } = run.status;
  const approve = stepToApprove(run);
  if (phase === "Paused") return { kind: "paused", message: `${run.name} is paused: ${pause?.message ?? ""}` };
  if (approve !== undefined)
    return { kind: "paused", message: `${run.name} waits for the approval of step ${approve}` };
  if (stalled !== undefined) return { kind: "paused", message: `${run.name} is stalled: ${stalled.message}` };
  // By itself, at a time that is known: nobody has to do anything.
  if (window !== undefined) return { kind: "underWay", message: `${run.name} waits for a window: ${window.message}` };
  const at = GOING_BACK.includes(phase) ? (end?.message ?? phase) : phase;
  return { kind: "underWay", message: `${run.name}: ${at}` };
}

function why({ name, status }: ReadRun): string {
  return `${name} ended (${status.phase})${status.end === undefined ? "" : `: ${status.end.message}`}`;
}
