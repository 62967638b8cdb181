import { expect, test } from "vitest";
import { command, createScene, moreRequests } from "./scene.ts";
import { canaryPercents, reasonsOf, tell } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();

const latency = (onBreach: "Pause" | "Rollback") => ({
  interval: "1s",
  minRequests: 20,
  objectives: [
    { name: "errors", errorRate: { max: "2%" } },
    { name: "latency", latency: { quantile: "95%", max: "500ms" }, onBreach },
  ],
});

test.concurrent("a release that turns slow pauses at its weight when the objective says so, and waits for people", async (at) => {
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: { analysis: latency("Pause"), steps: [{ name: "first", weight: 10, observe: "60s" }] },
  });
  const { lab, runs, shop, load } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await lab.kubelet.setBehaviour({ namespace: shop.namespace, imageTag: "v2" }, { slowFraction: 1 });
  const run = await runs.waitFor(1, "Paused");
  expect(run.status).toMatchObject({ weightInForce: 10, pause: { reason: "Breach", withdrawn: false } });
  await runs.waitForRollout("Paused");
  const pausedAtMs = Date.now();
  await moreRequests(scene, 300);
  expect(load.log.window(pausedAtMs).countByVersion()["v2"]).toBeGreaterThan(0);
  expect(canaryPercents(scene.weights.history)).toEqual([0, 10]);
  await command(scene, 1, "abort");
  await runs.waitFor(1, "Aborted");
  const [log, history] = [await load.stop(), await scene.weights.stop()];
  expect(canaryPercents(history)).toEqual([0, 10, 0]);
  expect(log.failures()).toEqual([]);
  const [before, after] = [
    ["Adopted", "PreflightPassed", "Scaling", "WeightRaised", "StepStarted"],
    ["RollingBack", "Aborted"],
  ];
  expect(await reasonsOf(scene)).toEqual([...before, "Paused", ...after]);
});

test.concurrent("a slow release is rolled back when the objective says so", async (at) => {
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: { analysis: latency("Rollback") },
  });
  const { runs, shop, load } = scene;
  await shop.setImage("shop/checkout:v2-slow");
  const run = await runs.waitFor(1, "RolledBack");
  expect(run.status?.end?.reason).toBe("Breach");
  const objectives = run.status?.objectives.map(({ name, verdict }) => [name, verdict]);
  expect(objectives).toContainEqual(["latency", "breach"]);
  expect(canaryPercents(scene.weights.history)).toEqual([0, 10, 0]);
  const log = await load.stop();
  expect(log.failures()).toEqual([]);
  const slow = log.ofVersion("v2-slow").answers.map(({ sentAtMs }) => sentAtMs);
  tell("slow release", {
    "seconds between first and last slow request": (Math.max(...slow) - Math.min(...slow)) / 1000,
    slow: slow.length,
  });
  const told = (await reasonsOf(scene)).filter((reason) => reason !== "StepStarted");
  expect(told).toEqual(["Adopted", "PreflightPassed", "Scaling", "WeightRaised", "SLOBreached", "RolledBack"]);
});

for (const [what, image] of [
  ["crashes", "v2-crash"],
  ["is never ready", "v2-neverready"],
] as const) {
  test.concurrent(`an image that ${what} is rolled back at the deadline, and no user meets it`, async (at) => {
    await using scene = await createScene(shared.sluice, {
      onTestFailed: at.onTestFailed,
      shop: { deploymentSpec: { progressDeadlineSeconds: 10 } },
      spec: { progressDeadline: "15s" },
    });
    const { runs, shop, load } = scene;
    const shippedAtMs = Date.now();
    await shop.setImage(`shop/checkout:${image}`);
    const run = await runs.waitFor(1, "RolledBack");
    expect(run.status?.end?.reason).toBe("ProgressDeadlineExceeded");
    await runs.waitForRollout("RolledBack");
    await moreRequests(scene, 100);
    const [log, history] = [await load.stop(), await scene.weights.stop()];
    expect(log.failures()).toEqual([]);
    expect(log.countByVersion()).toEqual({ v1: log.total });
    expect(canaryPercents(history)).toEqual([0]);
    expect(await reasonsOf(scene)).toEqual(["Adopted", "PreflightPassed", "Scaling", "RollingBack", "RolledBack"]);
    tell(`image that ${what}`, { "seconds to the end": (Date.now() - shippedAtMs) / 1000, why: run.status?.end });
  });
}

test.concurrent("without traffic nothing is concluded and nothing promoted, however often it is resumed", async (at) => {
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: { analysis: { interval: "1s", minRequests: 20, onInconclusive: { hold: "3s", then: "Pause" } } },
  });
  const { runs, shop } = scene;
  await scene.load.stop();
  await shop.setImage("shop/checkout:v2");
  const first = await runs.waitFor(1, "Paused");
  expect(first.status?.pause?.reason).toBe("Inconclusive");
  await runs.waitForRollout("Paused");
  const conditions = runs.rolloutStatus().conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
  expect(conditions).toEqual(["Ready=Unknown Paused", "Reconciling=True Inconclusive"]);
  await command(scene, 1, "resume");
  await runs.waitForTransition(1, "Fencing");
  await runs.waitFor(1, "Observing");
  const again = await runs.waitFor(1, "Paused");
  expect(again.status).toMatchObject({ epoch: 1, step: 0, weightInForce: 10, pause: { reason: "Inconclusive" } });
  expect(canaryPercents(scene.weights.history)).toEqual([0, 10]);
  await command(scene, 1, "abort");
  await runs.waitFor(1, "Aborted");
});
