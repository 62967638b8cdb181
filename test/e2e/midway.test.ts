import { expect, test } from "vitest";
import { kubectl } from "../lab/kubectl.ts";
import { until } from "../lab/wait.ts";
import { createScene, moreRequests } from "./scene.ts";
import { canaryPercents, eventsOf, expectShares, goodRelease, objectsAsWritten, reasonsOf, withImage } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();

test.concurrent("a newer template at 30 % meets no user before a run of its own", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { runs, shop, load } = scene;
  const before = await objectsAsWritten(scene);
  await shop.setImage("shop/checkout:v2");
  await until("30 % is observed", () => {
    const { phase, step } = runs.find(1)?.status ?? {};
    return phase === "Observing" && step === 1;
  });
  await shop.setImage("shop/checkout:v3");
  const first = await runs.waitFor(1, "Superseded");
  expect(first.status?.end?.reason).toBe("Superseded");
  const supersededAtMs = Date.now();
  const raised = await runs.waitForTransition(2, "Shifting");
  await runs.waitFor(2, "Promoted", 90_000);
  expect(runs.find(2)?.spec).toMatchObject({ reason: "NewRevision", from: { revision: "checkout-0", track: "own" } });
  const [log, history] = [await load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  const newest = log.ofVersion("v3").answers.map(({ sentAtMs }) => sentAtMs);
  expect(Math.min(...newest)).toBeGreaterThanOrEqual(Date.parse(raised.at));
  expect(log.window(supersededAtMs).ofVersion("v2").total).toBe(0);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 0, 10, 30, 100, 0]);
  expectShares(
    log.window(supersededAtMs),
    history.filter(({ atMs }) => atMs >= supersededAtMs),
    "v3",
  );
  expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v3"));
  const told = await reasonsOf(scene);
  expect(told.slice(-goodRelease.length - 2)).toEqual(["RollingBack", "Superseded", ...goodRelease]);
});

for (const propagationPolicy of ["Background", "Foreground"] as const) {
  test.concurrent(`a Rollout that is deleted at 30 % in the ${propagationPolicy.toLowerCase()} fails nobody and leaves things as found`, async (at) => {
    await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
    const { lab, runs, shop, load } = scene;
    const before = await objectsAsWritten(scene);
    await shop.setImage("shop/checkout:v2");
    await until("30 % is observed", () => {
      const { phase, step } = runs.find(1)?.status ?? {};
      return phase === "Observing" && step === 1;
    });
    await lab.admin.delete(scene.rollout, { propagationPolicy });
    await until("the Rollout is gone", async () => (await lab.admin.find(scene.rollout)) === undefined);
    const goneAtMs = Date.now();
    await moreRequests(scene, 200);
    expect(load.log.window(goneAtMs).countByVersion()).toEqual({ v1: load.log.window(goneAtMs).total });
    // Its template is not the one that users are on: it stays where it is until somebody says otherwise.
    const left = withImage(before, "shop/checkout:v2");
    const own = left["Deployment/checkout"] as { spec: object };
    expect(await objectsAsWritten(scene)).toEqual({
      ...left,
      "Deployment/checkout": { ...own, spec: { ...own.spec, paused: true } },
    });
    const found = await lab.admin.get(shop.deployment);
    expect(found.metadata.annotations).not.toHaveProperty("sluice.dev/rollout");
    const events = await eventsOf(lab, shop.namespace);
    const { note = "" } = events.find(({ reason }) => reason === "LeftPaused") ?? {};
    const [, typed = ""] = /kubectl (.*)$/.exec(note) ?? [];
    await kubectl(lab, typed.split(" "));
    await shop.waitForRollout();
    await until("users are on what they were told to ship", () => load.log.answers.at(-1)?.version === "v2");
    const [log, history] = [await load.stop(), await scene.weights.stop()];
    expect(log.failures()).toEqual([]);
    expect(canaryPercents(history)).toEqual([0, 10, 30, 0]);
  });
}
