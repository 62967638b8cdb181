import { describe, expect, test } from "vitest";
import { OUTCOMES, STATES, type Phase, type State } from "../api/phase.ts";
import { END_REASONS, type EndReason } from "../api/run.ts";
import type { GoCell } from "./cell.ts";
import { EVENTS, type EngineEvent, type EventName } from "./event.ts";
import { MINUTE, NOW, PLAN, statusOf } from "./facts.test-helper.ts";
import { outcomeOf, step } from "./machine.ts";
import { memoryOf, rfc3339, type Memory } from "./memory.ts";
import { promotionStep, stepAt } from "./plan.ts";
import { cellOf } from "./table.ts";

const LATER = NOW + 5000;

function eventOf(type: EventName): EngineEvent {
  return { type, message: `${type} happened`, nowMs: LATER, command: { id: "c", by: "ann", step: "third" } };
}

function taken(state: State, type: EventName, memory: Memory = memoryOf(statusOf(state))) {
  return { before: memory, after: step(state, memory, PLAN, eventOf(type)) };
}

const pairs = STATES.flatMap((state) => EVENTS.map((event) => ({ state, event, cell: cellOf(state, event) })));
const goes = pairs.flatMap(({ state, event, cell }) => (cell.kind === "go" ? [{ state, event, cell }] : []));

function target(state: State, cell: GoCell, after: Memory): Phase {
  if (cell.to === "=") return state;
  return cell.to === "byEnd" ? outcomeOf(after.end?.reason) : cell.to;
}

describe("step", () => {
  test("does nothing where the table says to stay, to wait, to refuse, or that it cannot be", () => {
    for (const { state, event, cell } of pairs) {
      if (cell.kind === "go") continue;
      const { before, after } = taken(state, event);
      expect(after, `${state} × ${event}`).toEqual({ phase: state, memory: before });
    }
  });

  test.each(goes)("$state × $event goes where its cell says, and remembers what it says", ({ state, event, cell }) => {
    const { before, after } = taken(state, event);
    const { phase, memory } = after;
    expect(phase).toBe(target(state, cell, memory));
    if (cell.end !== undefined) expect(memory.end).toMatchObject({ reason: cell.end, message: `${event} happened` });
    if (cell.pause !== undefined) expect(memory.pause?.reason).toBe(cell.pause);
    if (cell.unpause === true) expect(memory.pause).toBeUndefined();
    if (cell.withdrawn === true) expect([memory.weightInForce, memory.pause?.withdrawn]).toEqual([0, true]);
    if (cell.approve === true) expect(memory.approved).not.toEqual(before.approved);
    if (cell.step === "next") expect(memory.step).toBe(before.step + 1);
    if (cell.step === "promotion") expect(memory.step).toBe(Math.max(before.step, promotionStep(PLAN)));
    expect(memory.epoch).toBe(before.epoch + (cell.acknowledge === true ? 1 : 0));
    if (cell.acknowledge === true) expect(memory.evidenceSince).toBe(rfc3339(LATER));
    if (cell.stall !== undefined) expect(memory.stalled?.reason ?? "").toBe(cell.stall);
    expect(memory.liveOnTwin).toBe(before.liveOnTwin || cell.liveOnTwin === true);
    if (cell.keepClock === "stop") expect(memory.deadlines.keep).toBeUndefined();
    if (cell.keepClock === "start") expect(memory.deadlines.keep).toBe(rfc3339(LATER + PLAN.keepPreviousMs));
    if (cell.to === "=") expect(memory.since).toBe(before.since);
    else
      expect([memory.since, memory.stalled, memory.inconclusiveSince]).toEqual([rfc3339(LATER), undefined, undefined]);
  });

  test("only ever takes the weight in force up by entering Observing", () => {
    for (const { state, event, cell } of goes) {
      const { before, after } = taken(state, event);
      if (cell.to === "Observing") expect(after.memory.weightInForce).toBe(stepAt(PLAN, before.step).weight);
      else expect(after.memory.weightInForce, `${state} × ${event}`).toBeLessThanOrEqual(before.weightInForce);
    }
  });

  test("keeps the first reason for the end", () => {
    const { after } = taken("Withdrawing", "abort", {
      ...memoryOf(statusOf("Withdrawing")),
      end: { reason: "Breach", message: "errors" },
    });
    expect(after.memory.end?.reason).toBe("Breach");
  });

  test("keeps the first cause of a stall, but lets a breach be heard", () => {
    const stalled = { reason: "CandidateLost", message: "gone" };
    const memory = { ...memoryOf(statusOf("Converging")), stalled };
    expect(taken("Converging", "progressDeadline", memory).after.memory.stalled).toEqual(stalled);
    expect(taken("Converging", "breachRollback", memory).after.memory.stalled?.reason).toBe("ConvergeBreached");
  });

  test("gives a state its whole time anew when a person asks for its work again, or for other work", () => {
    const whole = rfc3339(LATER + PLAN.progressDeadlineMs);
    expect(taken("Joining", "retry").after.memory.deadlines.progress).toBe(whole);
    expect(taken("Scaling", "promote").after.memory.deadlines.progress).toBe(whole);
    expect(taken("Scaling", "approve").after.memory.deadlines.progress).toBe(rfc3339(NOW + 9 * MINUTE));
  });

  test.each(END_REASONS)("a run that ends for %s has an outcome of that kind", (reason: EndReason) => {
    const memory = { ...memoryOf(statusOf("Draining")), end: { reason, message: "" } };
    expect(taken("Draining", "drained", memory).after.phase).toBe(outcomeOf(reason));
    const expected =
      reason === "Superseded"
        ? "Superseded"
        : ["Aborted", "Deleted", "Undone"].includes(reason)
          ? "Aborted"
          : "RolledBack";
    expect(outcomeOf(reason)).toBe(expected);
  });

  test.each(OUTCOMES)("%s takes no event", (outcome) => {
    const memory = memoryOf(statusOf(outcome));
    for (const event of EVENTS) expect(step(outcome, memory, PLAN, eventOf(event))).toEqual({ phase: outcome, memory });
  });

  test("throws on a phase that it does not know", () => {
    expect(() => step("Flying" as Phase, memoryOf(statusOf("Paused")), PLAN, eventOf("abort"))).toThrow(/Flying/);
  });

  test("leaves the memory that it was given alone", () => {
    const memory = Object.freeze(memoryOf(statusOf("Observing")));
    expect(() => step("Observing", memory, PLAN, eventOf("stepPassed"))).not.toThrow();
  });

  test("approves without a step's name the step that waits, even before the first", () => {
    const memory = { ...memoryOf(statusOf("Waiting")), step: 0, approved: [] };
    const event: EngineEvent = { type: "approve", message: "", nowMs: NOW, command: { id: "c", by: "ann" } };
    expect(step("Waiting", memory, PLAN, event).memory.approved).toEqual(["first"]);
  });
});
