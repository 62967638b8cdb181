import { describe, expect, test } from "vitest";
import { alone } from "../api/policy/alone.test-helper.ts";
import { compilePlan } from "../engine/plan.ts";
import { forecast } from "./forecast.ts";

const HOUR = 3_600_000;

function planOf(windows: object[]) {
  const spec = {
    workload: { name: "checkout" },
    traffic: { istio: { virtualServices: [{ name: "checkout" }] } },
    steps: [
      { name: "first", weight: 10, observe: "1h" },
      { name: "third", weight: 30, observe: "1h", approval: {} },
    ],
    promotion: { ramp: [100], observe: "1h" },
    windows,
  };
  return compilePlan(alone(spec));
}

const NOW = Date.parse("2026-11-27T14:30:00Z"); // a Friday
const office = { name: "office", kind: "Allow", schedule: "0 9 * * 1-5", duration: "8h" };
const begins = (windows: object[]) =>
  forecast(planOf(windows), NOW).steps.map(({ beginsMs }) => new Date(beginsMs ?? 0).toISOString().slice(5, 16));

describe("a forecast", () => {
  test("without windows adds up the observations", () => {
    const { steps, promotedMs } = forecast(planOf([]), NOW);
    expect(steps.map(({ name, weightPercent }) => [name, weightPercent])).toEqual([
      ["first", 10],
      ["third", 30],
      ["all", 100],
    ]);
    expect(promotedMs).toBe(NOW + 3 * HOUR);
  });

  test("waits at each step for the window, unless it lets runs finish", () => {
    expect(begins([office])).toEqual(["11-27T14:30", "11-27T15:30", "11-27T16:30"]);
    const short = { ...office, duration: "7h" };
    expect(begins([short])).toEqual(["11-27T14:30", "11-27T15:30", "11-30T09:00"]);
    expect(forecast(planOf([short]), NOW).steps[2]?.waitMs).toBe(64.5 * HOUR);
    expect(begins([{ ...short, overrun: "Finish" }])).toEqual(["11-27T14:30", "11-27T15:30", "11-27T16:30"]);
  });

  test("says when a window takes the users back in the middle of a step", () => {
    const freeze = { name: "freeze", kind: "Deny", schedule: "0 16 * * 5", duration: "9h", overrun: "Rollback" };
    const { steps, promotedMs, takenBack } = forecast(planOf([freeze]), NOW);
    expect(steps).toHaveLength(2);
    expect(promotedMs).toBeUndefined();
    expect(takenBack).toMatchObject({
      atMs: Date.parse("2026-11-27T16:00:00Z"),
      message: expect.stringContaining("freeze"),
    });
  });

  test("has no end when no opening is in sight", () => {
    const always = { name: "never", kind: "Deny", schedule: "* * * * *", duration: "1h" };
    expect(forecast(planOf([always]), NOW)).toMatchObject({
      promotedMs: undefined,
      steps: [{ beginsMs: undefined }, {}, {}],
    });
  });
});
