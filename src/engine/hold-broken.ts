import type { Phase } from "../api/phase.ts";
import { remarkOf } from "../api/remark.ts";
import type { RunFacts } from "./facts.ts";
import { msOf } from "./memory.ts";
import type { Notice } from "./notice.ts";

/** A tool that resumes it with every sync is not noted each time. */
export const HOLD_AGAIN_MS = 600_000;

/** Here the own Deployment has the live revision's pods and no others. */
export const HELD_AT_LIVE: readonly Phase[] = [
  "Preflight",
  "Waiting",
  "Fencing",
  "Scaling",
  "Shifting",
  "Observing",
  "Paused",
  "Undoing",
  "Withdrawing",
  "Draining",
];

/** It was paused when the run began, and no state before these opens it: users are on what they were on, or may have to go back to it. */
export const HELD: readonly Phase[] = [...HELD_AT_LIVE, "SwappingLabels", "SwappingWeight", "Keeping"];

/** What people are told of a Deployment that was resumed; `by` is the field manager that says so, undefined when nobody is named. */
export function resumedMessage(workload: string, by: string | undefined, why: string): string {
  const who = by ?? "somebody (a resume leaves no name; the API server's audit log has it)";
  return `Deployment ${workload} was resumed by ${who} ${why}`;
}

export const UNVETTED =
  "while its template is not vetted: it is paused again, and pods of that template are taken away";

export const STILL_OPEN =
  "while its template is not vetted: it could not be paused again, so users may meet that template; it is tried again";

/** A sentence on whoever broke the hold, while it is broken: an open Deployment in a state that nothing of ours opens it in. */
export function brokenHold(phase: Phase, facts: RunFacts): string | undefined {
  const { own, hold, run } = facts;
  if (own.open === undefined || own.template === "gone") return undefined;
  // Joining holds it open itself where a policy holds it; where a pause does, a template that came by a broken hold is nobody's to roll.
  const isHeld = HELD.includes(phase) || (phase === "Joining" && hold === "pause" && own.template === "other");
  if (!isHeld) return undefined;
  const why = HELD_AT_LIVE.includes(phase) ? UNVETTED : "in the middle of a run: it is paused again";
  return resumedMessage(run.spec.pinned.workload.name, own.open.by, why);
}

/** The same, where the run's record does not have it of late: one tool can do it with every sync. */
export function freshlyBroken(phase: Phase, facts: RunFacts): string | undefined {
  const message = brokenHold(phase, facts);
  const noted = facts.run.status.transitions.findLast(
    (one) => remarkOf(one) === "holdBroken" && one.message === message,
  );
  const agoMs = noted === undefined ? Number.POSITIVE_INFINITY : facts.nowMs - (msOf(noted.at) ?? 0);
  return agoMs >= 0 && agoMs < HOLD_AGAIN_MS ? undefined : message;
}

/** Named after the Deployment's generation, so that each breaking is told once. */
export function holdNotices(phase: Phase, facts: RunFacts): Notice[] {
  const message = brokenHold(phase, facts);
  if (message === undefined) return [];
  const id = `${facts.run.name}.hold-broken.${facts.own.open?.generation ?? 0}`;
  return [{ id, type: "Warning", reason: "HoldBroken", message }];
}
