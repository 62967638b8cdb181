import { readFileSync } from "node:fs";
import { channelSchema, type Channel } from "../api/notifications.ts";
import type { Phase } from "../api/phase.ts";
import { parseRun } from "../api/validate.ts";
import type { Message, ToldRun } from "./message.ts";

/** A run as a released version wrote it when it had come to `phase`. */
export function storedRun(phase: Phase): ToldRun {
  const file = new URL(`../../test/stored/0.1.0/${phase}.json`, import.meta.url);
  const { run } = JSON.parse(readFileSync(file, "utf8")) as { run: Record<string, unknown> };
  const parsed = parseRun(run);
  if (!parsed.ok) throw new Error(`${phase} cannot be read`);
  const { name, namespace, uid } = run["metadata"] as { name: string; namespace: string; uid: string };
  return { name, namespace, uid, spec: parsed.spec, status: parsed.status };
}

/** The run with these channels in its plan. */
export function toldTo(run: ToldRun, ...channels: Channel[]): ToldRun {
  return { ...run, spec: { ...run.spec, plan: { ...run.spec.plan, notifications: channels } } };
}

export function slackChannel(more: Partial<Record<keyof Channel, unknown>> = {}): Channel {
  return channelSchema.parse({ name: "team", slack: { secretRef: { name: "sluice-slack" } }, ...more });
}

export function someMessage(more: Partial<Message> = {}): Message {
  return {
    key: "k1.observing.withdrawing.breachrollback",
    event: "SLOBreached",
    severity: "Critical",
    progress: false,
    aside: false,
    at: "2026-01-01T00:00:00.000Z",
    rollout: "checkout",
    namespace: "shop",
    run: "checkout-2",
    runUid: "uid-2",
    title: "users were hurt: they are taken off the new version",
    why: "errors: 34 of 66 requests (51.5 %) failed, over the limit of 2 %, E = 4.5e36 >= 4e3",
    step: "first",
    weightPercent: 10,
    from: "checkout-1",
    to: "checkout-2",
    objectives: [
      {
        name: "errors",
        verdict: "breach",
        text: "errors: 34 of 66 requests (51.5 %) failed, over the limit of 2 %",
        series: [0, 0.5, 0.52],
        limitFraction: 0.02,
      },
    ],
    commands: [{ line: "sluice get checkout -n shop", effect: "see where it is and what the numbers say" }],
    ...more,
  };
}
