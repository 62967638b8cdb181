import { expect, test } from "vitest";
import { until } from "../lab/wait.ts";
import { sluiceApi } from "./run.ts";
import { createScene } from "./scene.ts";
import { eventsOf, objectsAsWritten } from "./seen.ts";
import { sharedLab } from "./shared.ts";
import { expectOnOld, leftPaused, underWay } from "./deleted-under-way.ts";

const shared = sharedLab();

test.concurrent("a Rollout that is deleted with orphans leaves users on the old version and objects as written", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { lab, rollout, shop } = scene;
  const before = await objectsAsWritten(scene);
  await underWay(scene);
  await lab.admin.delete(rollout, { propagationPolicy: "Orphan" });
  await until("the Rollout is gone", async () => (await lab.admin.find(rollout)) === undefined);
  await expectOnOld(scene);
  expect(await objectsAsWritten(scene)).toEqual(leftPaused(before));
  await until("people are told how to go on", async () =>
    (await eventsOf(lab, shop.namespace)).some(({ reason }) => reason === "LeftPaused"),
  );
});

for (const propagationPolicy of ["Background", "Foreground", "Orphan"] as const) {
  test.concurrent(`a run that is deleted (${propagationPolicy}) is aborted, and the Rollout goes on protecting`, async (at) => {
    await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
    const { lab, shop, runs } = scene;
    await underWay(scene);
    const run = { apiVersion: sluiceApi, kind: "RolloutRun", namespace: shop.namespace, name: "checkout-1" };
    await lab.admin.delete(run, { propagationPolicy });
    await until("the run is gone", async () => (await lab.admin.find(run)) === undefined);
    await runs.waitForRollout("RolledBack");
    await expectOnOld(scene);
    expect(runs.count()).toBe(1);
  });
}

test.concurrent("a Deployment that is deleted takes the candidate along, and what is missing is said", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { lab, shop, runs } = scene;
  const { "Deployment/checkout": _, ...before } = await objectsAsWritten(scene);
  await underWay(scene);
  await lab.admin.delete(shop.deployment, { propagationPolicy: "Background" });
  await runs.waitFor(1, ["Superseded", "RolledBack"]);
  await runs.waitForRollout("WorkloadNotFound");
  await until("nothing of Sluice's is left", async () => {
    const left = await objectsAsWritten(scene);
    return JSON.stringify(left) === JSON.stringify(before);
  });
});

test.concurrent("a namespace that is deleted in the middle of a release goes away", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { lab, shop } = scene;
  await underWay(scene);
  await shop.remove();
  const namespace = { apiVersion: "v1", kind: "Namespace", name: shop.namespace };
  await until("the namespace is gone", async () => (await lab.admin.find(namespace)) === undefined, {
    withinMs: 90_000,
  });
});
