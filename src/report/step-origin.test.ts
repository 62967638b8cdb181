import { expect, test } from "vitest";
import { alone } from "../api/policy/alone.test-helper.ts";
import { cluster, effective, team } from "../api/policy/policies.test-helper.ts";
import { compilePlan } from "../engine/plan.ts";
import { policiesIn, stepOrigin } from "./step-origin.ts";

test("a step says who stated it, and who stated the rest where that is another", () => {
  const limits = { minObserve: "10m", approval: {} };
  const policies = [cluster("strict", { limits }), team("shop", { steps: [{ name: "a", weight: 10, observe: "1h" }] })];
  const plan = compilePlan(effective({ promotion: { ramp: [100] } }, policies));
  expect(plan.steps.map((step) => stepOrigin(plan, step))).toEqual([
    "RolloutPolicy/shop; approval ClusterRolloutPolicy/strict (limit)",
    "Rollout; observe ClusterRolloutPolicy/strict (limit)",
  ]);
  expect(policiesIn(plan)).toEqual(["ClusterRolloutPolicy/strict", "RolloutPolicy/shop"]);
});

test("a run of an older version does not say", () => {
  const traffic = { istio: { virtualServices: [{ name: "a" }] } };
  const plan = compilePlan(alone({ workload: { name: "a" }, traffic }));
  expect(plan.steps.map((step) => stepOrigin(plan, step))).toEqual(["unknown", "unknown", "unknown", "unknown"]);
  expect(policiesIn(plan)).toEqual([]);
});
