import { expect, test } from "vitest";
import { PHASES } from "../api/phase.ts";
import { storedRun } from "./message.test-helper.ts";
import { messagesOf } from "./tell.ts";

const events = (phase: Parameters<typeof storedRun>[0]) => messagesOf(storedRun(phase)).map(({ event }) => event);

test("a promoted run tells of its beginning, each weight, and its end, and of no housekeeping", () => {
  expect(events("Promoted")).toEqual([
    "Started",
    "StepAdvanced",
    "StepPassed",
    "StepAdvanced",
    "UsersMoved",
    "Promoted",
  ]);
});

test("a run that was rolled back tells why, with the numbers, and how to try again", () => {
  const told = messagesOf(storedRun("RolledBack"));
  expect(told.map(({ event }) => event)).toEqual(["Started", "StepAdvanced", "SLOBreached", "RolledBack"]);
  const last = told.at(-1);
  expect(last).toMatchObject({ severity: "Critical", progress: false });
  expect(last?.why).toMatch(/requests .* failed, over the limit of/);
  expect(last?.objectives.map(({ name }) => name)).toContain("errors");
  expect(last?.commands[0]?.line).toMatch(/^sluice retry \S+ -n shop$/);
});

test("a pause says how to go on and how to end it", () => {
  const last = messagesOf(storedRun("Paused")).at(-1);
  expect(last).toMatchObject({ event: "Paused", severity: "Warning" });
  expect(last?.commands.map(({ line }) => line)).toEqual([
    "sluice resume checkout -n shop",
    "sluice abort checkout -n shop",
  ]);
});

test("a gate that waits for an approval names the step to approve; once approved it is progress", () => {
  const run = storedRun("Waiting");
  const transitions = [
    ...run.status.transitions,
    {
      at: "2026-01-01T01:00:00.000Z",
      from: "Observing",
      to: "Waiting",
      event: "stepPassed",
      message: "step first passed",
    },
  ];
  const steps = run.spec.plan.steps.map((step, index) => ({ ...step, approval: index === 0 }));
  const spec = { ...run.spec, plan: { ...run.spec.plan, steps } };
  const name = steps[0]?.name ?? "";
  const waiting = { ...run, spec, status: { ...run.status, step: 1, approved: [], transitions } };
  const last = messagesOf(waiting).at(-1);
  expect(last).toMatchObject({ event: "ApprovalNeeded", progress: false, step: name });
  expect(last?.commands[0]?.line).toBe(`sluice approve checkout ${name} -n shop`);
  const approved = messagesOf({ ...waiting, status: { ...waiting.status, approved: [name] } }).at(-1);
  expect(approved).toMatchObject({ event: "StepPassed", key: last?.key });
});

test("checks that failed are told by their names, so that others are told anew", () => {
  const run = storedRun("Preflight");
  const finding = { id: "quota", severity: "fail" as const, message: "no room", remedy: "make room" };
  const status = {
    ...run.status,
    preflight: [finding],
    stalled: { reason: "PreflightFailed", message: "quota: no room" },
  };
  expect(messagesOf({ ...run, status })).toMatchObject([
    { event: "PreflightFailed", key: "preflight.quota", why: "quota: no room" },
  ]);
});

test("what is remarked in the record is told in its place, each of it", () => {
  const run = storedRun("Observing");
  const at = "2026-01-01T01:00:00.000Z";
  const remark = (event: string, message: string) => ({ at, from: "Observing", to: "Observing", event, message });
  const remarks = [
    remark("commandRefused", "resume by ann: refused in Observing: it is not paused"),
    remark("commandRefused", "retry by ann: refused in Observing: it has not ended"),
    remark("holdBroken", "Deployment checkout was resumed by ann"),
    remark("twinEdited", "The pod template of Deployment checkout-2 was edited by ann"),
    remark("routeContended", "the labels are rewritten by flux"),
    remark("waitingForWindow", "inside the deny window freeze"),
  ];
  const before = messagesOf(run);
  const told = messagesOf({ ...run, status: { ...run.status, transitions: [...run.status.transitions, ...remarks] } });
  expect(told.slice(0, before.length).map(({ key }) => key)).toEqual(before.map(({ key }) => key));
  const beside = told.slice(before.length);
  expect(beside.map(({ event, severity, aside }) => [event, severity, aside])).toEqual([
    ["CommandRefused", "Info", true],
    ["CommandRefused", "Info", true],
    ["HoldBroken", "Critical", true],
    ["TwinEdited", "Warning", true],
    ["RouteContended", "Warning", true],
    ["WaitingForWindow", "Info", false],
  ]);
  expect(new Set(beside.map(({ key }) => key)).size).toBe(beside.length);
  expect(beside.map(({ why }) => why)).toEqual(remarks.map(({ message }) => message));
});

test("messages of a run have keys of their own, whatever it has come to", () => {
  for (const phase of PHASES) {
    const keys = messagesOf(storedRun(phase)).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  }
});
