import type { NotificationEvent } from "../api/notifications.ts";
import { isFinal } from "../api/phase.ts";
import { remarkOf } from "../api/remark.ts";
import type { TransitionRecord } from "../api/run.ts";
import { commandsFor } from "./commands.ts";
import { ASIDE, JUDGED, OF_REMARK, PROGRESS, SEVERITY, titleOf } from "./events.ts";
import type { Message, ObjectiveLine, ToldRun } from "./message.ts";

/** The fractions of bad requests that an objective has had, oldest first. */
export type SeriesOf = (objective: string) => readonly number[];

/** Everything that a run has to tell, oldest first, from what its status remembers. */
export function messagesOf(run: ToldRun, seriesOf: SeriesOf = () => []): Message[] {
  const { status } = run;
  const told = status.transitions.flatMap((record) => {
    const event = eventOf(record, run);
    return event === undefined ? [] : [{ record, event }];
  });
  const keys = new Map<string, number>();
  const messages = told.map(({ record, event }, index) => {
    const key = keyOf(record);
    const nth = (keys.get(key) ?? 0) + 1;
    keys.set(key, nth);
    // Two commands may be refused in one pass.
    return messageOf(run, event, nth === 1 ? key : `${key}.${nth}`, record.at, record.message ?? "", {
      newest: index === told.length - 1,
      seriesOf,
    });
  });
  const { stalled } = status;
  const isNoted = status.transitions.some((record) => remarkOf(record) === "checksFailed");
  // Runs of version 0.1.0 do not note it.
  if (isNoted || status.phase !== "Preflight" || stalled?.reason !== "PreflightFailed") return messages;
  const failed = status.preflight.filter((finding) => finding.severity === "fail").map((finding) => finding.id);
  const at = status.startedAt ?? new Date(0).toISOString();
  const look = { newest: true, seriesOf };
  return [...messages, messageOf(run, "PreflightFailed", `preflight.${failed.join(".")}`, at, stalled.message, look)];
}

function keyOf({ at, from, to, event }: TransitionRecord): string {
  return `${Date.parse(at).toString(36)}.${from}.${to}.${event}`.toLowerCase();
}

/** The same things as Kubernetes Events tell of, without the housekeeping between them. */
function eventOf(record: TransitionRecord, run: ToldRun): NotificationEvent | undefined {
  const { from, to, event } = record;
  const remark = remarkOf(record);
  if (remark !== undefined) return OF_REMARK[remark];
  if (event === "loweredByGitOps") return "WeightReset";
  if (from === to) return isStall(record, run) ? "Stalled" : undefined;
  switch (to) {
    case "Waiting":
      if (from === "Preflight") return "Started";
      if (event !== "stepPassed") return undefined;
      return waitsForApproval(record, run) === undefined ? "StepPassed" : "ApprovalNeeded";
    case "Shifting":
      return "StepAdvanced";
    case "Paused":
      return "Paused";
    case "Withdrawing":
      return event.startsWith("breach") ? "SLOBreached" : "RollingBack";
    case "Undoing":
      return "Undoing";
    case "Keeping":
      return "UsersMoved";
    case "Promoted":
    case "RolledBack":
    case "Aborted":
    case "Superseded":
      return to;
    default:
      return undefined;
  }
}

function isStall({ by, message }: TransitionRecord, { status }: ToldRun): boolean {
  return by === undefined && status.stalled !== undefined && status.stalled.message === message;
}

/** The step whose approval the run waits for, when that is what this record began. A step's approval gates the one after it. */
function waitsForApproval(record: TransitionRecord, { spec, status }: ToldRun): string | undefined {
  const entered = status.transitions.findLast((one) => one.to === "Waiting" && remarkOf(one) === undefined);
  if (status.phase !== "Waiting" || entered !== record) return undefined;
  const before = spec.plan.steps[status.step - 1];
  return before?.approval === true && !status.approved.includes(before.name) ? before.name : undefined;
}

function messageOf(
  run: ToldRun,
  event: NotificationEvent,
  key: string,
  at: string,
  why: string,
  look: { newest: boolean; seriesOf: SeriesOf },
): Message {
  const { spec, status } = run;
  const step = spec.plan.steps[Math.min(status.step, spec.plan.steps.length - 1)];
  const approval = event === "ApprovalNeeded" ? (spec.plan.steps[status.step - 1]?.name ?? "") : "";
  const weightPercent =
    event === "StepAdvanced" ? (step?.weight ?? 0) : status.phase === "Promoted" ? 100 : status.weightInForce;
  return {
    key,
    event,
    severity: SEVERITY[event],
    progress: PROGRESS.includes(event),
    aside: ASIDE.includes(event),
    at,
    rollout: spec.rollout,
    namespace: run.namespace,
    run: run.name,
    runUid: run.uid,
    title: titleOf(event, weightPercent, approval),
    why: whyOf(run, event, why),
    step: approval === "" ? (step?.name ?? "") : approval,
    weightPercent,
    from: spec.from.revision,
    to: spec.to.revision,
    // A status knows the numbers of now: an earlier message must not show them as its own.
    objectives: look.newest && JUDGED.includes(event) ? objectiveLines(run, look.seriesOf) : [],
    commands: commandsFor(event, run, approval),
  };
}

/** Draining says that pods are gone; why users were taken away is what people ask. */
function whyOf({ status }: ToldRun, event: NotificationEvent, why: string): string {
  const ended = isFinal(status.phase) && (event === "RolledBack" || event === "Aborted" || event === "Superseded");
  return ended ? (status.end?.message ?? why) : why;
}

function objectiveLines({ status }: ToldRun, seriesOf: SeriesOf): ObjectiveLine[] {
  return status.objectives.map(({ name, verdict, message, evidence }) => ({
    name,
    verdict,
    text: message,
    series: seriesOf(name),
    limitFraction: evidence?.limitFraction,
  }));
}
