import { expect, test } from "vitest";
import { canaryReady } from "./canary-ready.ts";
import { deployment, replicaSet, said, without, world } from "./fixture.ts";

const run = (...args: Parameters<typeof world>) => said(canaryReady.run(world(...args)));

test("a whole Deployment in one ReplicaSet passes, held with a template that no pod has yet", () => {
  expect(run()).toEqual([]);
  expect(run({ workload: deployment("checkout", { paused: true }, { updatedReplicas: 0 }) })).toEqual([]);
});

test("no Deployment fails; one that is asked to have no pods has nothing to be ready", () => {
  expect(said(canaryReady.run(without(world(), "workload")))).toEqual([
    "fail: Deployment shop/checkout (spec.workload.name) does not exist.",
  ]);
  const idle = deployment("checkout", { replicas: 0 }, { availableReplicas: 0 });
  expect(run({ workload: idle, replicaSets: [] })).toEqual([]);
});

test.each([
  ["too few available", { availableReplicas: 3 }, "3 of 4 replicas available"],
  ["none available", { availableReplicas: undefined }, "0 of 4 replicas available"],
  ["a status from before the last change", { observedGeneration: 2 }, "not yet seen generation 3"],
])("%s fails", (_, status, message) => {
  expect(run({ workload: deployment("checkout", {}, status) })).toEqual([expect.stringContaining(message)]);
});

test("two active ReplicaSets fail, named with their sizes; other Deployments' do not count", () => {
  const replicaSets = [replicaSet("checkout-a", 3), replicaSet("checkout-b", 1), replicaSet("docs-a", 2, "docs")];
  expect(run({ replicaSets })).toEqual([
    expect.stringContaining("2 active ReplicaSets, not one: checkout-a (3 pods) and checkout-b (1 pod)"),
  ]);
});

test("with users on a twin it is the twin that must be whole", () => {
  const liveTwin = deployment("checkout-6");
  const replicaSets = [replicaSet("checkout-6-a", 4, "Deployment-shop-checkout-6")];
  const workload = deployment("checkout", {}, { availableReplicas: 0 });
  expect(run({ liveTwin, workload, replicaSets })).toEqual([]);
  const weak = deployment("checkout-6", {}, { availableReplicas: 1 });
  expect(run({ liveTwin: weak, replicaSets })).toEqual([
    expect.stringContaining("Deployment shop/checkout-6 has 1 of 4"),
  ]);
});
