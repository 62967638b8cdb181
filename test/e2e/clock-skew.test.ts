import { expect, test } from "vitest";
import { createScene, moreRequests } from "./scene.ts";
import { canaryPercents, expectShares, objectsAsWritten, tell, withImage } from "./seen.ts";
import { sharedLab } from "./shared.ts";
import { startSluice } from "./sluice.ts";

const shared = sharedLab({ controller: false });

/** As far as on a machine that nobody has set the clock of. */
const SKEW_MS = 120_000;
const SAFE_MS = 8_000;

for (const clockAheadMs of [-SKEW_MS, SKEW_MS]) {
  test.concurrent(`a good release is promoted by a controller whose clock is ${clockAheadMs / 1000} s ahead`, async (at) => {
    await using scene = await createScene(shared.lab, { onTestFailed: at.onTestFailed, clockAheadMs });
    const before = await objectsAsWritten(scene);
    await scene.shop.setImage("shop/checkout:v2");
    await scene.runs.waitFor(1, "Promoted", 90_000);
    await scene.runs.waitForRollout("Healthy");
    const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
    expect(log.failures()).toEqual([]);
    expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
    expectShares(log, history, "v2");
    expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
  });

  test.concurrent(`a bad release is taken away as fast by a controller whose clock is ${clockAheadMs / 1000} s ahead`, async (at) => {
    await using scene = await createScene(shared.lab, { onTestFailed: at.onTestFailed, clockAheadMs });
    await scene.shop.setImage("shop/checkout:v2-errors50");
    await scene.runs.waitFor(1, "RolledBack", 60_000);
    const harmedMs = (await scene.load.stop()).failureSpanMs();
    tell(`clock ${clockAheadMs / 1000} s ahead`, { "seconds between first and last failed request": harmedMs / 1000 });
    expect(harmedMs).toBeLessThanOrEqual(SAFE_MS);
    expect(scene.runs.find(1)?.status?.end?.reason).toBe("Breach");
  });
}

test.concurrent("a version that turns bad is taken away by the next controller, whose clock is 240 s behind the last one's", async (at) => {
  await using scene = await createScene(shared.lab, {
    onTestFailed: at.onTestFailed,
    clockAheadMs: SKEW_MS,
    spec: { steps: [{ name: "first", weight: 10, observe: "60s" }] },
  });
  const { lab, shop, runs, load } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await scene.sluice.kill();
  await lab.kubelet.setBehaviour({ namespace: shop.namespace, imageTag: "v2" }, { errorFraction: 0.5 });
  await moreRequests(scene, 200);
  await using _next = await startSluice(lab, { namespace: shop.namespace, clockAheadMs: -SKEW_MS });
  const startedAtMs = Date.now();
  await runs.waitFor(1, "RolledBack", 60_000);
  const log = await load.stop();
  const safeAfterMs = (log.lastFailure()?.sentAtMs ?? 0) - startedAtMs;
  tell("next controller's clock behind", { "seconds until users are safe": safeAfterMs / 1000 });
  expect(log.failures().length).toBeGreaterThan(0);
  expect(safeAfterMs).toBeLessThanOrEqual(SAFE_MS);
});
