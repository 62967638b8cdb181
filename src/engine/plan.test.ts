import { describe, expect, test } from "vitest";
import { alone } from "../api/policy/alone.test-helper.ts";
import type { RolloutSpecInput } from "../api/rollout.ts";
import { compilePlan, isLastStep, promotionStep, stepAt } from "./plan.ts";

const SHORTEST: RolloutSpecInput = {
  workload: { name: "checkout" },
  traffic: { istio: { virtualServices: [{ name: "checkout" }] } },
};

function planOf(spec: Partial<RolloutSpecInput> = {}) {
  return compilePlan(alone({ ...SHORTEST, ...spec }));
}

const weights = (spec: Partial<RolloutSpecInput>) => planOf(spec).steps.map(({ name, weight }) => [name, weight]);

describe("compilePlan", () => {
  test("makes of the two-line Rollout 10 %, 30 %, then all, in milliseconds", () => {
    const plan = planOf();
    expect(plan.steps).toEqual([
      { name: "first", weight: 10, observeMs: 300_000, approval: false, promotion: false },
      { name: "third", weight: 30, observeMs: 300_000, approval: false, promotion: false },
      { name: "all-50", weight: 50, observeMs: 60_000, approval: false, promotion: true },
      { name: "all", weight: 100, observeMs: 60_000, approval: false, promotion: true },
    ]);
    expect(plan).toMatchObject({
      keepPreviousMs: 600_000,
      drainAfterMs: 30_000,
      settleMs: 15_000,
      progressDeadlineMs: 600_000,
    });
  });

  test("makes fractions of rates and quantiles", () => {
    const { objectives, onInconclusive } = planOf().analysis;
    expect(objectives).toEqual([
      { name: "errors", kind: "errorRate", limitFraction: 0.02, onBreach: "Rollback" },
      { name: "latency", kind: "latency", limitFraction: 0.05, maxMs: 500, onBreach: "Rollback" },
    ]);
    expect(onInconclusive).toEqual({ holdMs: 900_000, then: "Pause" });
  });

  test("lets an objective's own onBreach win over the general one", () => {
    const objectives = [
      { name: "errors", errorRate: { max: "1%" } },
      { name: "slow", latency: { max: "250ms", quantile: "99.9%" }, onBreach: "Rollback" as const },
    ];
    const compiled = planOf({ analysis: { onBreach: "Pause", objectives } }).analysis.objectives;
    expect(compiled.map(({ onBreach, limitFraction }) => [onBreach, limitFraction])).toEqual([
      ["Pause", 0.01],
      ["Rollback", 0.001],
    ]);
  });

  test("leaves weights of the ramp out that the steps have passed already", () => {
    const steps = [{ name: "half", weight: 50, observe: "5m" }];
    expect(weights({ steps })).toEqual([
      ["half", 50],
      ["all", 100],
    ]);
  });

  test("says the weights of the ramp in the names of its steps", () => {
    expect(weights({ steps: [], promotion: { ramp: ["0.5%", 25, 100] } })).toEqual([
      ["all-0.5", 0.5],
      ["all-25", 25],
      ["all", 100],
    ]);
  });

  test("always ends in a step all at 100, once", () => {
    const steps = [{ name: "everybody", weight: 100, observe: "5m" }];
    expect(weights({ steps })).toEqual([
      ["everybody", 100],
      ["all", 100],
    ]);
    expect(weights({ steps: [] }).at(-1)).toEqual(["all", 100]);
  });

  test("of the fast path has the step all alone, watched as ever", () => {
    const steps = [{ name: "first", weight: 10, approval: {} }];
    const spec = alone({ ...SHORTEST, steps });
    const fast = compilePlan(spec, "FastPath");
    expect(fast.steps).toEqual([{ name: "all", weight: 100, observeMs: 60_000, approval: false, promotion: true }]);
    expect(fast).toEqual({ ...compilePlan(spec), steps: fast.steps });
  });

  test("marks a step that asks for approval, even with an empty object", () => {
    const steps = [{ name: "first", weight: 10, approval: {} }];
    expect(planOf({ steps }).steps.map(({ approval }) => approval)).toEqual([true, false, false]);
  });
});

describe("finding a step", () => {
  const plan = planOf();

  test("by an index outside the plan gives the nearest one", () => {
    expect([stepAt(plan, -1).name, stepAt(plan, 0).name, stepAt(plan, 99).name]).toEqual(["first", "first", "all"]);
  });

  test("the promotion begins after the steps of the spec", () => {
    expect(promotionStep(plan)).toBe(2);
    expect([0, 2, 3, 4].map((index) => isLastStep(plan, index))).toEqual([false, false, true, true]);
  });

  test("a plan without steps is a bug, not a run", () => {
    expect(() => stepAt({ ...plan, steps: [] }, 0)).toThrow(TypeError);
  });
});
