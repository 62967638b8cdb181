import { expect, test } from "vitest";
import { kubectl } from "../lab/kubectl.ts";
import { until } from "../lab/wait.ts";
import { sluiceCommand } from "./command-line.ts";
import { leftPaused, underWay } from "./deleted-under-way.ts";
import { sluiceApi } from "./run.ts";
import { command, createScene, moreRequests, type Scene } from "./scene.ts";
import { canaryPercents, objectsAsWritten, withImage } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();

async function expectServedBy({ load }: Scene, version: string): Promise<void> {
  const fromMs = Date.now();
  await moreRequests({ load }, 200);
  expect(load.log.window(fromMs).countByVersion()).toEqual({ [version]: load.log.window(fromMs).total });
}

test.concurrent("sluice restart brings fresh pods step by step, and of older runs only as many are kept as historyLimit says", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed, spec: { historyLimit: 1 } });
  const { lab, runs, shop, load, weights } = scene;
  const podsNow = async () =>
    (await lab.admin.list({ apiVersion: "v1", kind: "Pod", namespace: shop.namespace })).map(
      ({ metadata }) => metadata.name,
    );
  const before = await podsNow();
  await sluiceCommand(lab, "restart", "checkout", "-n", shop.namespace);
  await runs.waitFor(1, "Promoted", 90_000);
  await runs.waitForRollout("Healthy");
  const after = await podsNow();
  expect(after.filter((name) => before.includes(name))).toEqual([]);
  await expectServedBy(scene, "v1");
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(2, "Promoted", 90_000);
  const kept = async () =>
    (await lab.admin.list({ apiVersion: sluiceApi, kind: "RolloutRun", namespace: shop.namespace })).map(
      ({ metadata }) => metadata.name,
    );
  await until("the older run is gone", async () => (await kept()).join() === "checkout-2");
  await expectServedBy(scene, "v2");
  expect((await load.stop()).failures()).toEqual([]);
  expect(canaryPercents(await weights.stop())).toEqual([0, 10, 30, 100, 0, 10, 30, 100, 0]);
});

test.concurrent("sluice release --all ends a release under way and frees the Deployment, and a Rollout that is made again protects it", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { lab, rollout, runs, shop, load } = scene;
  const { namespace } = shop;
  const before = await objectsAsWritten(scene);
  const { apiVersion, kind, metadata, spec } = await lab.admin.get(rollout);
  await underWay(scene);
  const first = runs.find(1)?.metadata.uid;
  const printed = await sluiceCommand(lab, "release", "--all", "-n", namespace);
  expect(printed).toContain(`kubectl -n ${namespace} rollout resume deployment/checkout`);
  expect(await lab.admin.find(rollout)).toBeUndefined();
  await expectServedBy(scene, "v1");
  expect(await objectsAsWritten(scene)).toEqual(leftPaused(before));

  await shop.setImage("shop/checkout:v1");
  await kubectl(lab, ["-n", namespace, "rollout", "resume", "deployment/checkout"]);
  await lab.admin.create({ apiVersion, kind, metadata: { name: metadata.name, namespace }, spec });
  await runs.waitForRollout("Healthy");
  await shop.setImage("shop/checkout:v2");
  // Its number goes on from the last, or begins anew once that is gone as well.
  const again = await until("a run of its own has begun", () =>
    [2, 1].map((ordinal) => runs.find(ordinal)).find((run) => run !== undefined && run.metadata.uid !== first),
  );
  await runs.waitFor(again.spec.ordinal, "Promoted", 90_000);
  await expectServedBy(scene, "v2");
  expect((await load.stop()).failures()).toEqual([]);
  expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
});

test.concurrent("a Rollout that is released while users rest on a twin brings them to the Deployment's own pods first", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { lab, runs, shop, load } = scene;
  const before = await objectsAsWritten(scene);
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Promoted");
  await runs.waitForRollout("Healthy");
  await command(scene, 1, "undo");
  await runs.waitFor(2, "Promoted");
  await runs.waitForRollout("RolledBack");
  await expectServedBy(scene, "v1");
  await sluiceCommand(lab, "release", "checkout", "-n", shop.namespace);
  await expectServedBy(scene, "v2");
  expect((await load.stop()).failures()).toEqual([]);
  expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
});
