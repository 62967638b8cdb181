import type { NotificationEvent, Severity } from "../api/notifications.ts";
import type { Remark } from "../api/remark.ts";
import { formatPercent } from "../api/units.ts";

export const SEVERITY: Readonly<Record<NotificationEvent, Severity>> = {
  Started: "Info",
  StepAdvanced: "Info",
  StepPassed: "Info",
  UsersMoved: "Info",
  Promoted: "Info",
  Superseded: "Info",
  WaitingForWindow: "Info",
  CommandRefused: "Info",
  ApprovalNeeded: "Warning",
  Paused: "Warning",
  PreflightFailed: "Warning",
  WeightReset: "Warning",
  TwinEdited: "Warning",
  RouteContended: "Warning",
  RollingBack: "Warning",
  Undoing: "Warning",
  Aborted: "Warning",
  Stalled: "Critical",
  HoldBroken: "Critical",
  SLOBreached: "Critical",
  RolledBack: "Critical",
};

/** What a later message makes needless. */
export const PROGRESS: readonly NotificationEvent[] = [
  "Started",
  "StepAdvanced",
  "StepPassed",
  "WaitingForWindow",
  "UsersMoved",
];
/** Where the numbers of the objectives decided, or are what people want to see. */
export const JUDGED: readonly NotificationEvent[] = [
  "StepPassed",
  "WaitingForWindow",
  "ApprovalNeeded",
  "Paused",
  "SLOBreached",
  "RollingBack",
  "RolledBack",
  "UsersMoved",
  "Undoing",
  "Promoted",
];

/** What happens beside the run's way: where the run is stays what the message before said. */
export const ASIDE: readonly NotificationEvent[] = ["CommandRefused", "HoldBroken", "TwinEdited", "RouteContended"];

/** How what is remarked in a run's record is told. */
export const OF_REMARK: Readonly<Record<Remark, NotificationEvent>> = {
  checksFailed: "PreflightFailed",
  commandRefused: "CommandRefused",
  waitingForWindow: "WaitingForWindow",
  routeContended: "RouteContended",
  holdBroken: "HoldBroken",
  twinEdited: "TwinEdited",
};

/** What happened, in a few words. `approval`: the step that waits for one. */
export function titleOf(event: NotificationEvent, weightPercent: number, approval: string): string {
  switch (event) {
    case "Started":
      return "a new version begins its way to users";
    case "StepAdvanced":
      return `${formatPercent(weightPercent)} of the users go to the new version`;
    case "StepPassed":
      return "a step passed";
    case "WaitingForWindow":
      return "waits for a window";
    case "CommandRefused":
      return "a command was refused";
    case "HoldBroken":
      return "a version that is not vetted was let loose, and is held again";
    case "TwinEdited":
      return "the new version's Deployment was edited, and is put back";
    case "RouteContended":
      return "somebody keeps rewriting the routing";
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
