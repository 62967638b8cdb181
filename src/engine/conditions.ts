import type { Condition } from "../api/condition.ts";
import type { Phase } from "../api/phase.ts";
import type { RolloutStatus, RunSpec, RunStatus } from "../api/run.ts";
import { formatPercent } from "../api/units.ts";
import { stepAt } from "./plan.ts";
import { isUndone } from "./undo.ts";
import type { RestDecision } from "./rest.ts";

/** The rows of the condition contract: what kstatus and Argo CD make of a Rollout. */
export type Row = "Progressing" | "Paused" | "RollingBack" | "RolledBack" | "Stalled" | "Succeeded";

export const ROW_OF: Readonly<Record<Phase, Row>> = {
  Preflight: "Progressing",
  Waiting: "Paused",
  Fencing: "Progressing",
  Scaling: "Progressing",
  Shifting: "Progressing",
  Observing: "Progressing",
  Paused: "Paused",
  SwappingLabels: "Progressing",
  SwappingWeight: "Progressing",
  Keeping: "Progressing",
  Converging: "Progressing",
  Joining: "Progressing",
  Releasing: "RollingBack",
  Undoing: "RollingBack",
  Withdrawing: "RollingBack",
  Draining: "RollingBack",
  Promoted: "Succeeded",
  RolledBack: "RolledBack",
  Aborted: "RolledBack",
  Superseded: "Progressing",
};

export interface Standing {
  row: Row;
  reason: string;
  message: string;
  liveOnTwin: boolean;
  /** Who keeps writing what Sluice writes, and what to do about it. */
  contended?: string;
  /** Which channels people cannot be told through, and why. */
  notificationFailed?: string | undefined;
}

/** How a run stands, for the Rollout's status. */
export function runStanding(name: string, spec: RunSpec, status: RunStatus): Standing {
  const contended = contendedBy(status);
  return { ...standingOf(name, spec, status), ...(contended === undefined ? {} : { contended }) };
}

/** Also after the end, where that came of it: until the next run the remedy is still to be carried out. */
function contendedBy({ contended, pause, end }: RunStatus): string | undefined {
  if (contended !== undefined) return contended;
  if (pause?.reason === "Contended") return pause.message;
  return end?.reason === "RouteContended" ? end.message : undefined;
}

function standingOf(name: string, spec: RunSpec, status: RunStatus): Standing {
  const step = stepAt(spec.plan, status.step);
  const at = `${name}: step ${step.name}, ${formatPercent(status.weightInForce)} of the users on the new version`;
  const liveOnTwin = status.liveOnTwin;
  if (status.stalled !== undefined)
    return { row: "Stalled", reason: status.stalled.reason, message: status.stalled.message, liveOnTwin };
  const stopped = status.phase === "Keeping" && status.deadlines.keep === undefined;
  const paused = stopped || (status.phase === "Preflight" && status.pause !== undefined);
  const row = paused ? "Paused" : ROW_OF[status.phase];
  if (row === "Paused")
    return {
      row,
      reason: pauseReason(spec, status),
      message: `${at}: ${waitingFor(spec, status)}`,
      liveOnTwin,
    };
  if (row === "RollingBack") return { row, reason: "RollingBack", message: status.end?.message ?? at, liveOnTwin };
  if (row === "RolledBack") {
    const reason =
      status.phase === "Aborted"
        ? "Aborted"
        : status.end?.reason === "Breach"
          ? "SLOBreached"
          : (status.end?.reason ?? "RolledBack");
    return { row, reason, message: status.end?.message ?? `${name} was rolled back`, liveOnTwin };
  }
  if (isUndone({ spec, status }))
    return {
      row: "RolledBack",
      reason: "Undone",
      message: `${name} brought users back to the version before; what was undone stays out until the template changes or somebody says retry`,
      liveOnTwin,
    };
  return {
    row,
    reason: row === "Succeeded" ? "Succeeded" : "Progressing",
    message: row === "Succeeded" ? `${name} promoted` : `${at} (${status.phase})`,
    liveOnTwin,
  };
}

function pauseReason(spec: RunSpec, status: RunStatus): string {
  if (status.phase === "Waiting")
    return status.window === undefined || stepToApprove(spec, status) !== undefined ? "Paused" : "WaitingForWindow";
  return status.pause?.reason === "Inconclusive" ? "Inconclusive" : "Paused";
}

function waitingFor(spec: RunSpec, status: RunStatus): string {
  if (status.phase === "Keeping") return "the old pods are kept until somebody says resume, or undo";
  if (status.pause !== undefined) return `paused: ${status.pause.message}; continue with resume, or end it with abort`;
  const waits = [
    ...[stepToApprove(spec, status)].flatMap((name) => (name === undefined ? [] : `the approval of step ${name}`)),
    ...(status.window === undefined ? [] : [`a window: ${status.window.message}`]),
  ];
  return `waiting for ${waits.length === 0 ? "the next step" : waits.join(", and for ")}`;
}

/** A step's approval gates the one after it. */
function stepToApprove(spec: RunSpec, status: RunStatus): string | undefined {
  const before = status.step > 0 ? stepAt(spec.plan, status.step - 1) : undefined;
  return before?.approval === true && !status.approved.includes(before.name) ? before.name : undefined;
}

export function restStanding(decision: RestDecision, last: Standing | undefined): Standing {
  const liveOnTwin = last?.liveOnTwin ?? false;
  switch (decision.kind) {
    case "invalid":
      return { row: "Stalled", reason: "InvalidSpec", message: decision.message, liveOnTwin };
    case "noWorkload":
      return { row: "Stalled", reason: "WorkloadNotFound", message: decision.message, liveOnTwin };
    case "adopting":
    case "adopt":
      return {
        row: "Progressing",
        reason: "Adopting",
        message: decision.kind === "adopting" ? decision.message : "taking the Deployment under protection",
        liveOnTwin,
      };
    case "suspended":
      return { row: "Paused", reason: "Suspended", message: decision.message, liveOnTwin };
    case "blocked":
      return { row: "Stalled", reason: "InvalidPolicy", message: decision.message, liveOnTwin };
    case "refused": {
      const standing = last ?? {
        row: "RolledBack",
        reason: decision.outcome,
        message: decision.message,
        liveOnTwin,
      };
      const { problem } = decision;
      return problem === undefined ? standing : { ...standing, message: `${problem}; ${standing.message}` };
    }
    case "start":
      return { row: "Progressing", reason: "Starting", message: `a run begins (${decision.reason})`, liveOnTwin };
    case "bringBack":
      return { row: "RollingBack", reason: "HoldBroken", message: decision.message, liveOnTwin };
    case "native":
    case "idle":
      return { row: "Succeeded", reason: "Succeeded", message: "every user is on the newest version", liveOnTwin };
  }
}

const READY: Readonly<Record<Row, Condition["status"]>> = {
  Progressing: "Unknown",
  Paused: "Unknown",
  RollingBack: "False",
  RolledBack: "False",
  Stalled: "False",
  Succeeded: "True",
};

/** Conditions by the contract: Reconciling and Stalled are present only when true, and never both. */
export function conditionsOf(
  standing: Standing,
  generation: number,
  before: readonly Condition[],
  nowTime: string,
): Condition[] {
  const wanted: Omit<Condition, "lastTransitionTime">[] = [
    {
      type: "Ready",
      status: READY[standing.row],
      reason: standing.row === "Paused" ? "Paused" : standing.reason,
      message: standing.message,
      observedGeneration: generation,
    },
  ];
  const abnormal =
    standing.row === "Stalled" || standing.row === "RolledBack"
      ? "Stalled"
      : standing.row === "Succeeded"
        ? undefined
        : "Reconciling";
  if (abnormal !== undefined) {
    const reason = standing.row === "RolledBack" ? "RolledBack" : standing.reason;
    wanted.push({ type: abnormal, status: "True", reason, message: standing.message, observedGeneration: generation });
  }
  if (standing.liveOnTwin) {
    wanted.push({
      type: "LiveOnTwin",
      status: "True",
      reason: "TemplateDiffers",
      message: "users are on the candidate's own pods until the Deployment's template is theirs",
      observedGeneration: generation,
    });
  }
  if (standing.contended !== undefined) {
    wanted.push({
      type: "RouteContended",
      status: "True",
      reason: "GitOpsManager",
      message: standing.contended,
      observedGeneration: generation,
    });
  }
  if (standing.notificationFailed !== undefined) {
    wanted.push({
      type: "NotificationFailed",
      status: "True",
      reason: "ChannelFailing",
      message: standing.notificationFailed,
      observedGeneration: generation,
    });
  }
  return wanted.map((condition) => {
    const old = before.find((candidate) => candidate.type === condition.type);
    return { ...condition, lastTransitionTime: old?.status === condition.status ? old.lastTransitionTime : nowTime };
  });
}

/** The word for people, and for `status.phase`. */
export function phaseOf(standing: Standing): string {
  return standing.row === "Succeeded" ? "Healthy" : standing.row === "Stalled" ? standing.reason : standing.row;
}

/** A Rollout's status from how things stand; unchanged fields keep their values. */
export function rolloutStatus(
  before: RolloutStatus,
  standing: Standing,
  what: Partial<RolloutStatus>,
  generation: number,
  nowTime: string,
): RolloutStatus {
  return {
    ...before,
    ...what,
    observedGeneration: generation,
    phase: phaseOf(standing),
    message: standing.message,
    conditions: conditionsOf(standing, generation, before.conditions, nowTime),
  };
}
