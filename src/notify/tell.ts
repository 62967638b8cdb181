import type { NotificationEvent, Severity } from "../api/notifications.ts";
import { isFinal } from "../api/phase.ts";
import type { TransitionRecord } from "../api/run.ts";
import { formatPercent } from "../api/units.ts";
import { commandsFor } from "./commands.ts";
import type { Message, ObjectiveLine, ToldRun } from "./message.ts";

const SEVERITY: Readonly<Record<NotificationEvent, Severity>> = {
  Started: "Info",
  StepAdvanced: "Info",
  StepPassed: "Info",
  UsersMoved: "Info",
  Promoted: "Info",
  Superseded: "Info",
  ApprovalNeeded: "Warning",
  Paused: "Warning",
  PreflightFailed: "Warning",
  WeightReset: "Warning",
  RollingBack: "Warning",
  Undoing: "Warning",
  Aborted: "Warning",
  Stalled: "Critical",
  SLOBreached: "Critical",
  RolledBack: "Critical",
};

const PROGRESS: readonly NotificationEvent[] = ["Started", "StepAdvanced", "StepPassed", "UsersMoved"];
/** Where the numbers of the objectives decided, or are what people want to see. */
const JUDGED: readonly NotificationEvent[] = [
  "StepPassed",
  "ApprovalNeeded",
  "Paused",
  "SLOBreached",
  "RollingBack",
  "RolledBack",
  "UsersMoved",
  "Undoing",
  "Promoted",
];

/** The fractions of bad requests that an objective has had, oldest first. */
export type SeriesOf = (objective: string) => readonly number[];

/** Everything that a run has to tell, oldest first, from what its status remembers. */
export function messagesOf(run: ToldRun, seriesOf: SeriesOf = () => []): Message[] {
  const { status } = run;
  const told = status.transitions.flatMap((record) => {
    const event = eventOf(record, run);
    return event === undefined ? [] : [{ record, event }];
  });
  const messages = told.map(({ record, event }, index) =>
    messageOf(run, event, keyOf(record), record.at, record.message ?? "", {
      newest: index === told.length - 1,
      seriesOf,
    }),
  );
  const { stalled } = status;
  if (status.phase !== "Preflight" || stalled?.reason !== "PreflightFailed") return messages;
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
  if (status.phase !== "Waiting" || status.transitions.findLast(({ to }) => to === "Waiting") !== record)
    return undefined;
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
    event === "StepAdvanced" ? (step?.weight ?? 0) : event === "Promoted" ? 100 : status.weightInForce;
  return {
    key,
    event,
    severity: SEVERITY[event],
    progress: PROGRESS.includes(event),
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

function titleOf(event: NotificationEvent, weightPercent: number, approval: string): string {
  switch (event) {
    case "Started":
      return "a new version begins its way to users";
    case "StepAdvanced":
      return `${formatPercent(weightPercent)} of the users go to the new version`;
    case "StepPassed":
      return "a step passed";
    case "ApprovalNeeded":
      return `waits for the approval of step ${approval}`;
    case "Paused":
      return "paused";
    case "PreflightFailed":
      return "cannot start: a check failed";
    case "Stalled":
      return "is stuck";
    case "WeightReset":
      return "somebody else reset the weight";
    case "SLOBreached":
      return "users were hurt: they are taken off the new version";
    case "RollingBack":
      return "users are taken off the new version";
    case "RolledBack":
      return "rolled back: every user is on the old version";
    case "UsersMoved":
      return "every user is on the new version";
    case "Undoing":
      return "users go back to the old pods";
    case "Promoted":
      return "promoted";
    case "Aborted":
      return "aborted: every user is on the old version";
    case "Superseded":
      return "ended for a newer version";
  }
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
