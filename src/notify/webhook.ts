import { createHmac } from "node:crypto";
import { GROUP } from "../api/metadata.ts";
import type { NotificationEvent } from "../api/notifications.ts";
import type { Message } from "./message.ts";

/** The last part of a CloudEvent's type. They are stable: routers of events match them. */
const TYPE: Readonly<Record<NotificationEvent, string>> = {
  Started: "started",
  StepAdvanced: "step.advanced",
  StepPassed: "step.passed",
  ApprovalNeeded: "approval.needed",
  Paused: "paused",
  PreflightFailed: "preflight.failed",
  Stalled: "stalled",
  WeightReset: "weight.reset",
  SLOBreached: "slo.breached",
  RollingBack: "rollingback",
  RolledBack: "rolledback",
  UsersMoved: "users.moved",
  Undoing: "undoing",
  Promoted: "promoted",
  Aborted: "aborted",
  Superseded: "superseded",
  WaitingForWindow: "waiting.window",
  CommandRefused: "command.refused",
  HoldBroken: "hold.broken",
  TwinEdited: "twin.edited",
  RouteContended: "route.contended",
};

/** A CloudEvent 1.0 (github.com/cloudevents/spec), structured. The same message has the same `id` whenever it is sent: drop what you had. */
export function cloudEvent(message: Message, headline: string): object {
  const { key, runUid, namespace, rollout, event, at, severity, progress: _, aside: __, ...data } = message;
  return {
    specversion: "1.0",
    id: `${runUid}.${key}`,
    source: `/namespaces/${namespace}/rollouts/${rollout}`,
    type: `${GROUP}.rollout.${TYPE[event]}.v1`,
    subject: message.run,
    time: at,
    datacontenttype: "application/json",
    data: { event, severity, headline, rollout, namespace, ...data },
  };
}

/** Says who sent a body: HMAC-SHA256 with the shared key over its bytes, as Flux's `generic-hmac` receivers check it. */
export function signature(body: string, key: string): string {
  return `sha256=${createHmac("sha256", key).update(body, "utf8").digest("hex")}`;
}
