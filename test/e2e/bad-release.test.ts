import { expect, test } from "vitest";
import { until } from "../lab/wait.ts";
import { createScene, command, moreRequests, type Scene } from "./scene.ts";
import { canaryPercents, objectsAsWritten, paused, reasonsOf, tell, withImage } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();
const bad = "shop/checkout:v2-errors50";

/** The most that may lie between the first and the last user who meets a failure. */
const LONGEST_HARM_MS = 8_000;

test.concurrent("a bad release is taken from its users within seconds, stays away, and runs again only on retry", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { lab, shop, runs, load } = scene;
  const before = await objectsAsWritten(scene);
  const pods = (await lab.kubelet.pods(shop.namespace)).map(({ name }) => name).sort();
  await shop.setImage(bad);
  await runs.waitFor(1, "RolledBack");
  expect(runs.find(1)?.status?.end?.reason).toBe("Breach");
  expectShortHarm("bad release", scene, 0);
  await runs.waitForRollout("RolledBack");
  const endedAtMs = Date.now();
  await moreRequests(scene, 300);
  expectOnlyOld(scene, endedAtMs);
  expect(runs.count()).toBe(1);
  expect(await objectsAsWritten(scene)).toEqual(paused(withImage(before, bad)));

  await command(scene, 1, "retry", { reason: "tried once more" });
  const retried = await runs.waitFor(2, "RolledBack");
  expect(retried.spec.reason).toBe("Retry");
  expectShortHarm("bad release, retried", scene, endedAtMs);
  expect(canaryPercents(scene.weights.history)).toEqual([0, 10, 0, 10, 0]);

  const revertedAtMs = Date.now();
  await shop.setImage("shop/checkout:v1");
  await runs.waitForRollout("Healthy");
  await moreRequests(scene, 100);
  expectOnlyOld(scene, revertedAtMs);
  expect(runs.count()).toBe(2);
  expect(await objectsAsWritten(scene)).toEqual(before);
  expect((await lab.kubelet.pods(shop.namespace)).map(({ name }) => name).sort()).toEqual(pods);
  expect((await load.stop()).failures().every(({ version }) => version === "v2-errors50")).toBe(true);
  const told = (await reasonsOf(scene, "RolledBack", 2)).filter((reason) => reason !== "StepStarted");
  const once = ["PreflightPassed", "Scaling", "WeightRaised", "SLOBreached", "RolledBack"];
  expect(told).toEqual(["Adopted", ...once, ...once]);
});

test.concurrent("a release that turns bad while a stable pod is unready is taken away as fast", async (at) => {
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: { steps: [{ name: "first", weight: 10, observe: "60s" }] },
  });
  const { lab, shop, runs } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await makeStablePodUnready(scene);
  await lab.kubelet.setBehaviour({ namespace: shop.namespace, imageTag: "v2" }, { errorFraction: 0.5 });
  await runs.waitFor(1, "RolledBack");
  expectShortHarm("bad release while a stable pod is unready", scene, 0);
  expect(canaryPercents(scene.weights.history)).toEqual([0, 10, 0]);
});

test.concurrent("a bad release that meets its users while a stable pod is unready is taken away as fast", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  await scene.shop.setImage("shop/checkout:v2-errors50-start2000");
  await scene.runs.waitFor(1, "Scaling");
  await makeStablePodUnready(scene);
  await scene.runs.waitFor(1, "RolledBack");
  expectShortHarm("bad release, a stable pod unready from before its first user", scene, 0);
  expect(canaryPercents(scene.weights.history)).toEqual([0, 10, 0]);
});

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
  expect(await reasonsOf(scene, "Aborted")).toEqual([...before, "Paused", ...after]);
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
  const told = (await reasonsOf(scene, "RolledBack")).filter((reason) => reason !== "StepStarted");
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
    expect(await reasonsOf(scene, "RolledBack")).toEqual([
      "Adopted",
      "PreflightPassed",
      "Scaling",
      "RollingBack",
      "RolledBack",
    ]);
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

function expectShortHarm(title: string, scene: Scene, fromMs: number): void {
  const log = scene.load.log.window(fromMs);
  const [failed, spanMs] = [log.failures().length, log.failureSpanMs()];
  tell(title, { "seconds between first and last failed request": spanMs / 1000, failed, requests: log.total });
  expect(failed).toBeGreaterThan(0);
  expect(spanMs).toBeLessThanOrEqual(LONGEST_HARM_MS);
}

function expectOnlyOld(scene: Scene, fromMs: number): void {
  const log = scene.load.log.window(fromMs);
  expect(log.failures()).toEqual([]);
  expect(log.countByVersion()).toEqual({ v1: log.total });
}

async function makeStablePodUnready({ lab, shop }: Scene): Promise<void> {
  const pods = await lab.kubelet.pods(shop.namespace);
  const stable = pods.find(({ imageTag }) => imageTag === "v1");
  await lab.kubelet.setReady(shop.namespace, stable?.name ?? "", false);
  await until("the cluster knows that a stable pod is unready", async () => {
    const own = (await lab.admin.get(shop.deployment)) as { status?: { availableReplicas?: number } };
    return own.status?.availableReplicas === 2;
  });
}
