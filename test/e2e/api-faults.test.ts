import { expect, test } from "vitest";
import { WRITES } from "../lab/fault-proxy/api-call.ts";
import type { FaultProxy } from "../lab/fault-proxy/fault-proxy.ts";
import { until } from "../lab/wait.ts";
import { createFaultyScene } from "./faulty-scene.ts";
import { command, createScene, moreRequests, type Scene } from "./scene.ts";
import { canaryPercents, expectShares, objectsAsWritten, paused, reasonsOf, tell, withImage } from "./seen.ts";
import { sharedLab } from "./shared.ts";
import { startWebhookInTheWay } from "./webhook-in-the-way.ts";

const shared = sharedLab({ controller: false });

/**
 * With 4 of 10 writes refused, taking users away needs some more tries: each is at most a second or two after the one before (a
 * Retry-After of a second, a backoff that starts small, and a pass at every reading of a second).
 */
const LONGEST_HARM_IN_A_STORM_MS = 12_000;

test.concurrent("a good release goes through a storm of 409, 429, 500 and slow answers", async (at) => {
  await using faulty = await createFaultyScene(shared.lab, at);
  const { scene, proxy } = faulty;
  const before = await objectsAsWritten(scene);
  storm(proxy);
  await scene.shop.setImage("shop/checkout:v2");
  await scene.runs.waitFor(1, "Promoted", 150_000);
  const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
  tell("good release in a storm", { met: proxy.met(), requests: log.total });
  for (const fault of ["answer 409", "answer 429", "answer 500", "slow"])
    expect(proxy.met()[fault], fault).toBeGreaterThan(0);
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  expectShares(log, history, "v2");
  expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
});

test.concurrent("a bad release is taken from its users in the same storm", async (at) => {
  await using faulty = await createFaultyScene(shared.lab, at);
  const { scene, proxy } = faulty;
  storm(proxy);
  await scene.shop.setImage("shop/checkout:v2-errors50");
  await scene.runs.waitFor(1, "RolledBack", 120_000);
  expectShortHarm("bad release in a storm", scene, LONGEST_HARM_IN_A_STORM_MS);
  expect(canaryPercents(scene.weights.history)).toEqual([0, 10, 0]);
  expect(scene.runs.find(1)?.status?.end?.reason).toBe("Breach");
  expect((await reasonsOf(scene, "RolledBack")).filter((reason) => reason === "RolledBack")).toHaveLength(1);
});

test.concurrent("a release goes on while watches are cut, end with 410 and break", async (at) => {
  await using faulty = await createFaultyScene(shared.lab, at);
  const { scene, proxy } = faulty;
  const { runs, shop } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  const whole = proxy.inject({ fault: { kind: "cut" } });
  await moreRequests(scene, 200);
  whole();
  const known = proxy.inject({ fault: { kind: "expired" } });
  await moreRequests(scene, 200);
  known();
  const free = proxy.inject({ fault: { kind: "resetBefore" }, verbs: ["watch"] });
  await moreRequests(scene, 200);
  free();
  await runs.waitFor(1, "Promoted", 90_000);
  const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
  tell("good release, watches in trouble", { met: proxy.met(), requests: log.total });
  for (const fault of ["cut", "expired"]) expect(proxy.met()[fault], fault).toBeGreaterThan(0);
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  expectShares(log, history, "v2");
});

test.concurrent("a release that turns bad is taken away although every watch lies silent", async (at) => {
  await using faulty = await createFaultyScene(shared.lab, at, {
    spec: { steps: [{ name: "first", weight: 10, observe: "60s" }] },
  });
  const { scene, proxy } = faulty;
  const { lab, runs, shop, load } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  proxy.inject({ fault: { kind: "silent" } });
  await moreRequests(scene, 100);
  await lab.kubelet.setBehaviour({ namespace: shop.namespace, imageTag: "v2" }, { errorFraction: 0.5 });
  await runs.waitForTransition(1, "Draining", 60_000);
  expectShortHarm("bad release, watches silent", scene, 8_000);
  const safeFromMs = Date.now();
  await moreRequests(scene, 200);
  const after = load.log.window(safeFromMs);
  expect(after.countByVersion()).toEqual({ v1: after.total });
  expect(proxy.met()["silent"]).toBeGreaterThan(0);
  expect(canaryPercents(scene.weights.history)).toEqual([0, 10, 0]);
});

test.concurrent("rights taken away in the middle of a release are told, and it goes on once they are back", async (at) => {
  await using faulty = await createFaultyScene(shared.lab, at, { spec: { progressDeadline: "90s" } });
  const { scene, proxy } = faulty;
  const { runs, shop } = scene;
  const message = "virtualservices.networking.istio.io is forbidden: User cannot patch resource";
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  const giveBack = proxy.inject({
    fault: { kind: "answer", code: 403, message },
    verbs: WRITES,
    resources: ["virtualservices", "destinationrules"],
  });
  await until("people are told", () => runs.rolloutStatus().message?.includes(message) === true, { withinMs: 30_000 });
  expect(canaryPercents(scene.weights.history)).toEqual([0, 10]);
  expect(runs.rolloutStatus().phase).toBe("WriteRefused");
  giveBack();
  await runs.waitFor(1, "Promoted", 90_000);
  expect(runs.rolloutStatus().message).not.toContain(message);
  const log = await scene.load.stop();
  expect(log.failures()).toEqual([]);
});

for (const manner of ["denies", "hangs"] as const) {
  test.concurrent(`a webhook that ${manner} is named when it is in the way of a withdrawal, and users are taken away as soon as it lets them`, async (at) => {
    await using scene = await createScene(shared.lab, {
      onTestFailed: at.onTestFailed,
      spec: { steps: [{ name: "first", weight: 10, observe: "60s" }] },
    });
    const { lab, runs, shop } = scene;
    await shop.setImage("shop/checkout:v2");
    await runs.waitFor(1, "Observing");
    const webhook = await startWebhookInTheWay(lab, shop.namespace, manner);
    try {
      await lab.kubelet.setBehaviour({ namespace: shop.namespace, imageTag: "v2" }, { errorFraction: 0.5 });
      await runs.waitForTransition(1, "Withdrawing");
      await until("people are told", () => runs.rolloutStatus().message?.includes(webhook.name) === true);
      expect(runs.rolloutStatus().phase).toBe("WriteRefused");
      const asked = webhook.asked();
      await until("it is tried again and again", () => webhook.asked() >= asked + 3);
      expect(canaryPercents(scene.weights.history)).toEqual([0, 10]);
    } finally {
      await webhook.remove();
    }
    const letAtMs = Date.now();
    await runs.waitFor(1, "RolledBack");
    expect(canaryPercents(scene.weights.history)).toEqual([0, 10, 0]);
    const harmedMs = scene.load.log.window(letAtMs).failureSpanMs();
    tell(`webhook that ${manner} gone`, { "seconds to the last failed request": harmedMs / 1000 });
    expect(harmedMs).toBeLessThanOrEqual(LONGEST_HARM_IN_A_STORM_MS);
    expect(runs.rolloutStatus().message).not.toContain(webhook.name);
  });
}

test.concurrent("a withdrawal that was written and could not be remembered stands when another controller finds it", async (at) => {
  await using faulty = await createFaultyScene(shared.lab, at, {
    spec: { steps: [{ name: "first", weight: 10, observe: "10m" }] },
  });
  const { scene, proxy } = faulty;
  const { lab, runs, shop, sluice, load, weights } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  proxy.inject({ fault: { kind: "answer", code: 500 }, verbs: ["update"], resources: ["rolloutruns/status"] });
  await lab.kubelet.setBehaviour({ namespace: shop.namespace, imageTag: "v2" }, { errorFraction: 0.5 });
  await until("users are taken away", () => canaryPercents(weights.history).at(-1) === 0);
  await sluice.kill();
  expect(runs.find(1)?.status?.phase).toBe("Observing");
  // What the old one saw is over: the next one has nothing but what was written.
  await lab.kubelet.setBehaviour({ namespace: shop.namespace, imageTag: "v2" }, { errorFraction: 0 });
  proxy.clear();
  await sluice.start();
  const run = await runs.waitFor(1, "RolledBack");
  expect(run.status?.transitions.map(({ event }) => event)).toContain("withdrawalFound");
  expect(run.status?.end?.reason).toBe("Restarted");
  expect(canaryPercents(await weights.stop())).toEqual([0, 10, 0]);
  expect((await load.stop()).failureSpanMs()).toBeLessThanOrEqual(8_000);
});

test.concurrent("a route that is split when its controller is dead and the run aborted leads nobody to where there is no pod", async (at) => {
  await using faulty = await createFaultyScene(shared.lab, at);
  const { scene, proxy } = faulty;
  const { runs, shop, sluice } = scene;
  const before = await objectsAsWritten(scene);
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Fencing");
  proxy.inject({ fault: { kind: "slow", ms: 8_000 }, verbs: ["patch"], resources: ["virtualservices"] });
  await until("the split is on its way", () => (proxy.met()["slow"] ?? 0) > 0);
  await sluice.kill();
  proxy.clear();
  await command(scene, 1, "abort");
  await sluice.start();
  await until("it is carried out", async () => JSON.stringify(await objectsAsWritten(scene)).includes("subset"), {
    withinMs: 20_000,
  });
  await runs.waitFor(1, "Aborted");
  await moreRequests(scene, 300);
  expect((await scene.load.stop()).failures()).toEqual([]);
  expect(await objectsAsWritten(scene)).toEqual(paused(withImage(before, "shop/checkout:v2")));
  expect(canaryPercents(await scene.weights.stop()).every((percent) => percent === 0)).toBe(true);
});

function storm(proxy: FaultProxy): void {
  proxy.inject({
    fault: { kind: "answer", code: 409, message: "the object has been modified" },
    verbs: WRITES,
    fraction: 0.2,
  });
  proxy.inject({ fault: { kind: "answer", code: 429, retryAfterSeconds: 1 }, fraction: 0.1 });
  proxy.inject({ fault: { kind: "answer", code: 500 }, fraction: 0.1 });
  proxy.inject({ fault: { kind: "slow", ms: 300 }, fraction: 0.3 });
}

function expectShortHarm(title: string, { load }: Scene, longestMs: number): void {
  const [failed, spanMs] = [load.log.failures().length, load.log.failureSpanMs()];
  tell(title, { "seconds between first and last failed request": spanMs / 1000, failed, requests: load.log.total });
  expect(failed).toBeGreaterThan(0);
  expect(spanMs).toBeLessThanOrEqual(longestMs);
}
