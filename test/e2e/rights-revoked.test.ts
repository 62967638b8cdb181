import { expect, test } from "vitest";
import { refOf } from "../lab/admin.ts";
import type { LabClient } from "../lab/client.ts";
import { until } from "../lab/wait.ts";
import { createScene, moreRequests, type Scene } from "./scene.ts";
import { canaryPercents, objectsAsWritten, paused, tell, withImage } from "./seen.ts";
import { sharedLab } from "./shared.ts";

// One after the other: the rights are those of every controller in the lab.
const shared = sharedLab({ controller: false });

/** From when the rights are back to the last user who meets a bad version. */
const SAFE_MS = 8_000;
const BINDING = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", name: "sluice-controller" };

interface Revoked {
  giveBack(): Promise<void>;
  /** The controller was refused what it asked for. */
  isFelt(): boolean;
}

/** Takes all rights from Sluice's account. Resolves once the API server refuses it. */
async function revokeRights(lab: LabClient, scene: Scene): Promise<Revoked> {
  const binding = await lab.admin.find(BINDING);
  if (binding === undefined)
    throw new Error("there is no ClusterRoleBinding sluice-controller: is it called otherwise in deploy/?");
  await lab.admin.delete(refOf(binding));
  const { resourceVersion: _, uid: __, creationTimestamp: ___, managedFields: ____, ...metadata } = binding.metadata;
  const refused = scene.sluice.refusals().length;
  return {
    async giveBack() {
      await lab.admin.create({ ...binding, metadata });
    },
    isFelt: () => scene.sluice.refusals().length > refused,
  };
}

test("a release goes on once rights that were revoked in the middle of a step are back", async ({ onTestFailed }) => {
  await using scene = await createScene(shared.lab, { onTestFailed });
  const before = await objectsAsWritten(scene);
  await scene.shop.setImage("shop/checkout:v2");
  await scene.runs.waitFor(1, "Observing");
  const rights = await revokeRights(shared.lab, scene);
  try {
    await until("it is refused", rights.isFelt);
    await moreRequests(scene, 300);
    expect(canaryPercents(scene.weights.history)).toEqual([0, 10]);
  } finally {
    await rights.giveBack();
  }
  await scene.runs.waitFor(1, "Promoted", 120_000);
  await scene.runs.waitForRollout("Healthy");
  const log = await scene.load.stop();
  expect(log.failures()).toEqual([]);
  expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
});

test("a version that turns bad while the rights are gone is taken from its users as soon as they are back", async ({
  onTestFailed,
}) => {
  await using scene = await createScene(shared.lab, {
    onTestFailed,
    spec: { steps: [{ name: "first", weight: 10, observe: "60s" }] },
  });
  const { shop, runs, load } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  const rights = await revokeRights(shared.lab, scene);
  let backAtMs = 0;
  try {
    await shared.lab.kubelet.setBehaviour({ namespace: shop.namespace, imageTag: "v2" }, { errorFraction: 0.5 });
    await until("it is refused", rights.isFelt);
    await moreRequests(scene, 300);
  } finally {
    backAtMs = Date.now();
    await rights.giveBack();
  }
  await runs.waitFor(1, "RolledBack", 60_000);
  const safeAfterMs = ((await load.stop()).lastFailure()?.sentAtMs ?? 0) - backAtMs;
  tell("rights given back", { "seconds until users are safe": safeAfterMs / 1000 });
  expect(safeAfterMs).toBeLessThanOrEqual(SAFE_MS);
});

test("a Rollout that is deleted while the rights are gone stays until they are back, and is released then", async ({
  onTestFailed,
}) => {
  await using scene = await createScene(shared.lab, { onTestFailed });
  const { lab, rollout, shop, runs, load } = scene;
  const before = await objectsAsWritten(scene);
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  const rights = await revokeRights(lab, scene);
  try {
    await lab.admin.delete(rollout, { propagationPolicy: "Background" });
    await until("it is refused", rights.isFelt);
    await moreRequests(scene, 300);
    expect((await lab.admin.find(rollout))?.metadata.deletionTimestamp).toBeDefined();
  } finally {
    await rights.giveBack();
  }
  await until("the Rollout is gone", async () => (await lab.admin.find(rollout)) === undefined, { withinMs: 60_000 });
  const fromMs = Date.now();
  await moreRequests(scene, 200);
  expect(load.log.window(fromMs).countByVersion()).toEqual({ v1: load.log.window(fromMs).total });
  expect((await load.stop()).failures()).toEqual([]);
  expect(await objectsAsWritten(scene)).toEqual(paused(withImage(before, "shop/checkout:v2")));
});
