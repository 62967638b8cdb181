import { expect, test } from "vitest";
import { until } from "../lab/wait.ts";
import { command, createScene, moreRequests, type Scene } from "./scene.ts";
import { canaryPercents, objectsAsWritten } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();

/** Whoever asks from now on is answered by this version alone. */
async function expectServedBy({ load }: Scene, version: string): Promise<void> {
  const fromMs = Date.now();
  await moreRequests({ load }, 200);
  expect(load.log.window(fromMs).countByVersion()).toEqual({ [version]: load.log.window(fromMs).total });
}

test.concurrent("a release is undone after its end: users rest on the twin, and the Deployment catches up once Git agrees", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { runs, shop, load, weights } = scene;
  const before = await objectsAsWritten(scene);
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Promoted");
  await runs.waitForRollout("Healthy");
  await command(scene, 1, "undo", { reason: "prices are wrong" });
  const undo = await until("the undo has begun", () => runs.find(2));
  expect(undo.spec).toMatchObject({ reason: "Undo", to: { revision: "checkout-0" } });
  expect((await runs.waitFor(2, "Promoted")).status).toMatchObject({ liveOnTwin: true });
  await runs.waitForRollout("RolledBack");
  await expectServedBy(scene, "v1");
  expect(runs.rolloutStatus()).toMatchObject({ live: { track: "twin", workload: "checkout-2" } });

  await shop.setImage("shop/checkout:v1");
  await runs.waitFor(3, "Promoted");
  await runs.waitForRollout("Healthy");
  await expectServedBy(scene, "v1");
  const [log, history] = [await load.stop(), await weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0, 100, 0]);
  expect(await objectsAsWritten(scene)).toEqual(before);
});

test.concurrent("a revert in Git brings the version before at once, without its steps", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { runs, shop, load, weights } = scene;
  const before = await objectsAsWritten(scene);
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Promoted");
  await runs.waitForRollout("Healthy");
  await shop.setImage("shop/checkout:v1");
  expect((await runs.waitFor(2, "Promoted")).spec.reason).toBe("FastPath");
  await runs.waitForRollout("Healthy");
  await expectServedBy(scene, "v1");
  const [log, history] = [await load.stop(), await weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0, 100, 0]);
  expect(await objectsAsWritten(scene)).toEqual(before);
});
