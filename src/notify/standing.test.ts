import { expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { PHASES } from "../api/phase.ts";
import { someMessage, storedRun } from "./message.test-helper.ts";
import type { Message } from "./message.ts";
import { standingOf } from "./standing.ts";
import { messagesOf } from "./tell.ts";

const now = { isNewest: true, isOver: false };
const standing = (phase: Phase, where = now) => {
  const run = storedRun(phase);
  return standingOf(run, messagesOf(run), where)?.event;
};

test("stands: a wait for people, a way back, and a version that was taken back; nothing else that a run comes to", () => {
  const found = PHASES.flatMap((phase) => {
    const event = standing(phase);
    return event === undefined ? [] : [[phase, event]];
  });
  expect(found).toEqual([
    ["Waiting", "ApprovalNeeded"],
    ["Paused", "Paused"],
    ["Undoing", "Undoing"],
    ["Withdrawing", "SLOBreached"],
    ["Draining", "SLOBreached"],
    ["RolledBack", "RolledBack"],
  ]);
});

test("stands no more once a newer run has begun, or once users are on what Git has again", () => {
  expect(standing("Paused", { isNewest: false, isOver: false })).toBeUndefined();
  expect(standing("RolledBack", { isNewest: false, isOver: false })).toBeUndefined();
  expect(standing("RolledBack", { isNewest: true, isOver: true })).toBeUndefined();
});

test.each<[Message["event"], Phase, boolean]>([
  ["Paused", "Fencing", false],
  ["ApprovalNeeded", "Waiting", true],
  ["ApprovalNeeded", "Scaling", false],
  ["WeightReset", "Shifting", true],
  ["PreflightFailed", "Preflight", false],
  ["Aborted", "Aborted", false],
  ["StepAdvanced", "Observing", false],
])("%s in %s: %s", (event, phase, stands) => {
  const severity = event === "StepAdvanced" ? "Info" : "Warning";
  const told = standingOf(storedRun(phase), [someMessage({ event, severity })], now);
  expect(told !== undefined).toBe(stands);
});

test("what happened beside the run's way does not end what stands", () => {
  const paused = someMessage({ event: "Paused", severity: "Warning" });
  const beside = someMessage({ event: "CommandRefused", severity: "Info", aside: true });
  expect(standingOf(storedRun("Paused"), [paused, beside], now)).toBe(paused);
});
