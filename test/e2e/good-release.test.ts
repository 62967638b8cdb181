import { expect, test } from "vitest";
import { startLoad } from "../lab/load.ts";
import { until } from "../lab/wait.ts";
import { recordWeights } from "../lab/weights-recorder.ts";
import { createScene, moreRequests, type Scene } from "./scene.ts";
import { canaryPercents, expectShares, goodRelease, objectsAsWritten, reasonsOf, tell, withImage } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();

for (const form of ["plain", "split"] as const) {
  test.concurrent(`a good release goes 10, 30, all and leaves a route in ${form} form as it was`, async (at) => {
    await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed, shop: { form } });
    const before = await objectsAsWritten(scene);
    await scene.shop.setImage("shop/checkout:v2");
    await expectPromoted(scene, form);
    expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
  });
}

test.concurrent("a good release moves callers at the gateway and callers inside the mesh, each by a route of their own", async (at) => {
  const { lab } = shared;
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: {
      traffic: { settle: "1s", istio: { virtualServices: [{ name: "checkout" }, { name: "checkout-mesh" }] } },
    },
    async prepare(shop) {
      const gateway = await lab.admin.get(shop.virtualService);
      const { http } = gateway["spec"] as { http: unknown };
      await lab.admin.create({
        apiVersion: gateway.apiVersion,
        kind: gateway.kind,
        metadata: { name: "checkout-mesh", namespace: shop.namespace },
        spec: { hosts: [shop.fqdn], gateways: ["mesh"], http },
      });
      await lab.meshClient.waitForHost(shop.fqdn);
    },
  });
  const { fqdn } = scene.shop;
  await using inside = startLoad({ url: `${lab.meshClient.url}:8000`, host: fqdn, ratePerSecond: 100 });
  await using weights = recordWeights(lab.meshClient, fqdn);
  await until("callers inside are served", () => inside.log.total >= 50);
  const before = await objectsAsWritten(scene);
  await scene.shop.setImage("shop/checkout:v2");
  await expectPromoted(scene, "mesh and gateway");
  const [log, history] = [await inside.stop(), await weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  expectShares(log, history, "v2");
  expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
});

async function expectPromoted(scene: Scene, title: string): Promise<void> {
  const startedAtMs = Date.now();
  await scene.runs.waitFor(1, "Promoted", 120_000);
  const promotedAtMs = Date.now();
  await scene.runs.waitForRollout("Healthy");
  await moreRequests(scene, 100);
  const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  const looked = expectShares(log, history, "v2");
  // Before the first weight nobody, after the last everybody.
  const firstAtMs = history.find(({ percents }) => (percents["canary"] ?? 0) > 0)?.atMs ?? 0;
  expect(log.window(0, firstAtMs - 1_000).countByVersion()["v2"]).toBeUndefined();
  expect(log.window(promotedAtMs).countByVersion()).toEqual({ v2: log.window(promotedAtMs).total });
  expect(await reasonsOf(scene, "Promoted")).toEqual(["Adopted", ...goodRelease]);
  tell(title, { seconds: (promotedAtMs - startedAtMs) / 1000, requests: log.total, failed: 0, "by share": looked });
}
