import { afterAll, beforeAll, expect, test } from "vitest";
import { kubectl } from "../lab/kubectl.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { until } from "../lab/wait.ts";
import { installSluice } from "./install.ts";
import { createScene, moreRequests } from "./scene.ts";
import { canaryPercents, expectShares, goodRelease, objectsAsWritten, reasonsOf, tell, withImage } from "./seen.ts";
import { type Sluice, startSluice } from "./sluice.ts";

// A cluster that serves no MutatingAdmissionPolicy: the Deployment is held by leaving it paused.
let lab: Lab;
let sluice: Sluice;

beforeAll(async () => {
  lab = await startLab({ index: 1, meshClient: false, mutatingAdmissionPolicy: false });
  await installSluice(lab, "deploy/variants/kubernetes-1.30");
  sluice = await startSluice(lab, { leaderElect: true });
});

afterAll(async () => {
  const refusals = sluice.refusals();
  await sluice[Symbol.asyncDispose]();
  await lab.stop();
  expect(refusals, "deploy/ gives the controller every right that it uses").toEqual([]);
});

test.concurrent("without the admission policy a good release goes all the way", async (at) => {
  await using scene = await createScene(sluice, { onTestFailed: at.onTestFailed });
  const { runs, shop, load } = scene;
  await until("the Deployment is held", async () => (await pausedOf(shop.deployment)) === true);
  const before = await objectsAsWritten(scene);
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Promoted", 90_000);
  await until("the Deployment is held again", async () => (await pausedOf(shop.deployment)) === true);
  const [log, history] = [await load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  expectShares(log, history, "v2");
  expect(await reasonsOf(scene, "Promoted")).toEqual(["Adopted", ...goodRelease]);
  expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
});

test.concurrent("without the admission policy a bad release is taken away and stays away", async (at) => {
  await using scene = await createScene(sluice, { onTestFailed: at.onTestFailed });
  const { runs, shop, load } = scene;
  const before = await objectsAsWritten(scene);
  await shop.setImage("shop/checkout:v2-errors50");
  await runs.waitFor(1, "RolledBack");
  const endedAtMs = Date.now();
  await moreRequests(scene, 200);
  const [log, history] = [await load.stop(), await scene.weights.stop()];
  tell("bad release without the policy", {
    "seconds between first and last failed request": log.failureSpanMs() / 1000,
    failed: log.failures().length,
  });
  expect(log.failureSpanMs()).toBeLessThanOrEqual(8_000);
  expect(log.window(endedAtMs).countByVersion()).toEqual({ v1: log.window(endedAtMs).total });
  expect(canaryPercents(history)).toEqual([0, 10, 0]);
  await shop.setImage("shop/checkout:v1");
  await runs.waitForRollout("Healthy");
  expect(await objectsAsWritten(scene)).toEqual(before);
});

test.concurrent("somebody who resumes the held Deployment in the middle of a run harms nobody", async (at) => {
  await using scene = await createScene(sluice, {
    onTestFailed: at.onTestFailed,
    spec: { steps: [{ name: "first", weight: 10, observe: "8s" }] },
  });
  const { runs, shop, load } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await kubectl(lab, ["-n", shop.namespace, "rollout", "resume", `deployment/${shop.name}`]);
  await until("it is held again", async () => (await pausedOf(shop.deployment)) === true);
  await runs.waitFor(1, ["Promoted"], 90_000);
  expect(await reasonsOf(scene, "Promoted")).toContain("HoldBroken");
  const [log, history] = [await load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 100, 0]);
  expectShares(log, history, "v2");
});

test("a Deployment that somebody resumed while no controller ran serves its users as soon as one is back, and is undone", async (at) => {
  await using scene = await createScene(sluice, {
    onTestFailed: at.onTestFailed,
    spec: { steps: [{ name: "first", weight: 10, observe: "10m" }] },
  });
  const { runs, shop, load } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await sluice.kill();
  await kubectl(lab, ["-n", shop.namespace, "rollout", "resume", `deployment/${shop.name}`]);
  await kubectl(lab, ["-n", shop.namespace, "rollout", "status", `deployment/${shop.name}`]);
  await moreRequests(scene, 200);
  expect(load.log.failures().length).toBeGreaterThan(0);
  await sluice.start();
  const run = await runs.waitFor(1, "RolledBack");
  expect(run.status?.end?.reason).toBe("HoldBroken");
  const lost = run.status?.transitions.find(({ event }) => event === "liveLost");
  // The record counts in whole seconds or less; then there is the pass, and what proxies need.
  const servedMs = Date.parse(lost?.at ?? "") + 3_000;
  await runs.waitFor(2, "Promoted", 60_000);
  expect(runs.find(2)?.spec.reason).toBe("Undo");
  const backMs = Date.now();
  await moreRequests(scene, 200);
  const log = await load.stop();
  expect(log.window(servedMs).failures()).toEqual([]);
  expect(log.window(backMs).countByVersion()).toEqual({ v1: log.window(backMs).total });
});

async function pausedOf(deployment: Parameters<Lab["admin"]["get"]>[0]): Promise<boolean | undefined> {
  return ((await lab.admin.get(deployment))["spec"] as { paused?: boolean }).paused;
}
