import { expect, test } from "vitest";
import { deadlines } from "./deadlines.ts";
import { deployment, rollout, said, world } from "./fixture.ts";

const run = (progressDeadline: string, spec: Record<string, unknown>) =>
  said(deadlines.run(world({ rollout: rollout({ progressDeadline }), workload: deployment("checkout", spec) })));

test("the defaults of Kubernetes and of Sluice go together", () => {
  expect(run("10m", {})).toEqual([]);
  expect(run("10m", { minReadySeconds: 30, progressDeadlineSeconds: 600 })).toEqual([]);
});

test("a longer progressDeadlineSeconds fails, also the default one", () => {
  expect(run("10m", { progressDeadlineSeconds: 601 })).toEqual([
    expect.stringMatching(
      /^fail: spec\.progressDeadlineSeconds of Deployment shop\/checkout is 601, longer than spec\.progressDeadline of Rollout shop\/checkout \(10m\)/,
    ),
  ]);
  expect(run("5m", {})).toEqual([expect.stringContaining("is 600, longer than")]);
});

test("minReadySeconds that uses the whole deadline fails", () => {
  expect(run("10m", { minReadySeconds: 600 })).toEqual([
    expect.stringContaining("spec.minReadySeconds of Deployment shop/checkout is 600"),
  ]);
  expect(run("10m", { minReadySeconds: 599 })).toEqual([]);
});
