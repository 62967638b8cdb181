import { expect, test } from "vitest";
import { until } from "../lab/wait.ts";
import { sluiceApi } from "./run.ts";
import { createScene, moreRequests, type Scene } from "./scene.ts";
import { canaryPercents, eventsOf, objectsAsWritten, paused, withImage } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();

/** v2 is on its way and carries its first users. */
async function underWay(scene: Scene): Promise<void> {
  await scene.shop.setImage("shop/checkout:v2");
  await scene.runs.waitFor(1, "Observing");
}

/** From now on v1 answers everybody, and nobody has met an error in the whole time. */
async function expectOnOld({ load, weights }: Scene): Promise<void> {
  const fromMs = Date.now();
  await moreRequests({ load }, 200);
  expect(load.log.window(fromMs).countByVersion()).toEqual({ v1: load.log.window(fromMs).total });
  const [log, history] = [await load.stop(), await weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 0]);
}

/** The image that was shipped is left in a Deployment that stays paused: nobody has vetted it. */
function leftPaused(before: Record<string, unknown>): Record<string, unknown> {
  return paused(withImage(before, "shop/checkout:v2"));
}

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

test.concurrent("a Rollout that is deleted while no controller runs is released by the next one", async (at) => {
  await using scene = await createScene(shared.lab, { onTestFailed: at.onTestFailed });
  const { lab, rollout, sluice } = scene;
  const before = await objectsAsWritten(scene);
  await underWay(scene);
  await sluice.kill();
  await lab.admin.delete(rollout, { propagationPolicy: "Foreground" });
  await moreRequests(scene, 300);
  await sluice.start();
  await until("the Rollout is gone", async () => (await lab.admin.find(rollout)) === undefined);
  await expectOnOld(scene);
  expect(await objectsAsWritten(scene)).toEqual(leftPaused(before));
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
