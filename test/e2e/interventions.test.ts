import { expect, test } from "vitest";
import { command, createScene, moreRequests } from "./scene.ts";
import { canaryPercents, reasonsOf } from "./seen.ts";
import { sharedLab } from "./shared.ts";
import { block, unblock } from "../faults/lab/way-into.ts";
import { until } from "../lab/wait.ts";

const shared = sharedLab();

const eventsOf = (transitions: readonly { event: string }[] | undefined) =>
  (transitions ?? []).map(({ event }) => event);

/** For a release to be in the middle of its first step by then. */
const UNDER_WAY_MS = 45_000;

/** A window's schedule that begins with the first minute after `fromMs`. */
function scheduleAfter(fromMs: number): string {
  const at = new Date(Math.ceil(fromMs / 60_000) * 60_000);
  return `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
}

test.concurrent("a step that somebody skips is over at once, and the release goes on", async (at) => {
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: { steps: [{ name: "first", weight: 10, observe: "10m" }] },
  });
  const { runs, shop, load, weights } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await moreRequests(scene, 100);
  await command(scene, 1, "skip", { step: "first", reason: "seen enough" });
  const run = await runs.waitFor(1, "Promoted", 90_000);
  expect(eventsOf(run.status?.transitions)).toContain("skip");
  expect(run.status?.transitions.find(({ event }) => event === "skip")?.message).toContain("seen enough");
  expect((await load.stop()).failures()).toEqual([]);
  expect(canaryPercents(await weights.stop())).toEqual([0, 10, 100, 0]);
});

test.concurrent("a Rollout that is suspended in a step stays at its share until it is not any more", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { lab, rollout, runs, shop, load, weights } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await lab.admin.mergePatch(rollout, { spec: { suspend: true } });
  // More than twice as long as the step.
  await moreRequests(scene, 800);
  expect(canaryPercents(weights.history)).toEqual([0, 10]);
  expect(runs.find(1)?.status?.step).toBe(0);
  await lab.admin.mergePatch(rollout, { spec: { suspend: false } });
  await runs.waitFor(1, "Promoted", 90_000);
  expect((await load.stop()).failures()).toEqual([]);
  expect(canaryPercents(await weights.stop())).toEqual([0, 10, 30, 100, 0]);
});

test.concurrent("a Rollout that is suspended before its routes are split goes no further until it is not any more", async (at) => {
  const traffic = { settle: "8s", istio: { virtualServices: [{ name: "checkout" }] } };
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed, spec: { traffic } });
  const { lab, rollout, runs, shop, load, weights } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Fencing");
  await lab.admin.mergePatch(rollout, { spec: { suspend: true } });
  await runs.waitFor(1, "Waiting");
  await moreRequests(scene, 1_000);
  expect(runs.find(1)?.status?.phase).toBe("Waiting");
  expect(load.log.countByVersion()).toEqual({ v1: load.log.total });
  await lab.admin.mergePatch(rollout, { spec: { suspend: false } });
  const run = await runs.waitFor(1, "Promoted", 150_000);
  expect(eventsOf(run.status?.transitions)).toContain("suspended");
  expect((await load.stop()).failures()).toEqual([]);
  expect(canaryPercents(await weights.stop())).toEqual([0, 10, 30, 100, 0]);
});

test.concurrent("a weight that somebody lowers by hand stays down, and the run waits for people", async (at) => {
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: { steps: [{ name: "first", weight: 10, observe: "10m" }] },
  });
  const { lab, runs, shop, load, weights } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await lab.admin.jsonPatch(
    shop.virtualService,
    [100, 0].map((value, to) => ({ op: "replace" as const, path: `/spec/http/0/route/${to}/weight`, value })),
    { fieldManager: "kubectl-edit" },
  );
  const run = await runs.waitFor(1, "Paused");
  expect(run.status?.pause).toMatchObject({
    reason: "Withdrawn",
    withdrawn: true,
    message: expect.stringMatching(/lowered from 10 ?% to 0 ?% by kubectl-edit/) as unknown,
  });
  const fromMs = Date.now() + 1_000;
  await moreRequests(scene, 800);
  expect(load.log.window(fromMs).countByVersion()).toEqual({ v1: load.log.window(fromMs).total });
  await command(scene, 1, "resume");
  await runs.waitFor(1, "Observing");
  await command(scene, 1, "abort");
  await runs.waitFor(1, "Aborted");
  expect((await load.stop()).failures()).toEqual([]);
  expect(canaryPercents(await weights.stop())).toEqual([0, 10, 0, 10, 0]);
});

test.concurrent("a run that a check stops looks again when it is told to", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { runs, shop, load } = scene;
  await block(scene);
  await shop.setImage("shop/checkout:v2");
  await until("it says what is in the way", () => runs.find(1)?.status?.stalled?.reason === "PreflightFailed");
  await unblock(scene);
  await command(scene, 1, "retry");
  const run = await runs.waitFor(1, "Promoted", 90_000);
  expect(eventsOf(run.status?.transitions).slice(0, 3)).toEqual(["checksFailed", "retry", "checksPassed"]);
  expect((await load.stop()).failures()).toEqual([]);
});

test.concurrent("a step without a verdict takes the candidate's users back where the Rollout says so", async (at) => {
  const analysis = { interval: "1s", minRequests: 10_000, onInconclusive: { hold: "5s", then: "Rollback" } };
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed, spec: { analysis } });
  const { runs, shop, load, weights } = scene;
  await shop.setImage("shop/checkout:v2");
  const run = await runs.waitFor(1, "RolledBack", 60_000);
  expect(run.status?.end).toMatchObject({
    reason: "Inconclusive",
    message: expect.stringMatching(/nothing conclusive for 5s.*requests/) as unknown,
  });
  expect((await load.stop()).failures()).toEqual([]);
  expect(canaryPercents(await weights.stop())).toEqual([0, 10, 0]);
});

test.concurrent("a freeze that begins in the middle of a step takes users back where it says so", async (at) => {
  const schedule = scheduleAfter(Date.now() + UNDER_WAY_MS);
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: {
      steps: [{ name: "first", weight: 10, observe: "10m" }],
      windows: [{ name: "freeze", kind: "Deny", schedule, duration: "1h", overrun: "Rollback" }],
    },
  });
  const { runs, shop, load, weights } = scene;
  await shop.setImage("shop/checkout:v2");
  const run = await runs.waitFor(1, "RolledBack", 130_000);
  expect(run.status?.end).toMatchObject({
    reason: "WindowClosed",
    message: expect.stringContaining("freeze") as unknown,
  });
  expect(eventsOf(run.status?.transitions)).toContain("windowOverrun");
  expect(await reasonsOf(scene, "RolledBack")).toContain("RolledBack");
  expect((await load.stop()).failures()).toEqual([]);
  expect(canaryPercents(await weights.stop())).toEqual([0, 10, 0]);
});

/** A window begins with a minute, up to 105 s from now, and lasts one: then the release has all of its steps before it. */
const WINDOWED_MS = 300_000;

test.concurrent("a freeze that begins before a step has its pods lets no user meet them until it is over", {
  timeout: WINDOWED_MS,
}, async (at) => {
  const schedule = scheduleAfter(Date.now() + UNDER_WAY_MS);
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    shop: { deploymentSpec: { progressDeadlineSeconds: 600 } },
    spec: { windows: [{ name: "freeze", kind: "Deny", schedule, duration: "1m" }], progressDeadline: "10m" },
  });
  const { lab, runs, shop, load, weights } = scene;
  const candidate = { namespace: shop.namespace, imageTag: "v2" };
  await lab.kubelet.setBehaviour(candidate, { neverReady: true });
  await shop.setImage("shop/checkout:v2");
  const frozen = await until(
    "the freeze is in the way",
    () => runs.find(1)?.status?.transitions.find(({ event }) => event === "windowClosed"),
    { withinMs: 130_000 },
  );
  expect(frozen.message).toContain("freeze");
  await lab.kubelet.setBehaviour(candidate, { neverReady: false });
  const opensAtMs = Date.parse(runs.find(1)?.status?.window?.opensAt ?? "");
  const raised = await runs.waitForTransition(1, "Shifting", 100_000);
  expect(Date.parse(raised.at)).toBeGreaterThanOrEqual(opensAtMs);
  expect(load.log.window(0, opensAtMs).countByVersion()["v2"]).toBeUndefined();
  await runs.waitFor(1, "Promoted", 90_000);
  expect((await load.stop()).failures()).toEqual([]);
  expect(canaryPercents(await weights.stop())).toEqual([0, 10, 30, 100, 0]);
});

test.concurrent("labels that somebody writes again and again end the run, and fail nobody", async (at) => {
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: { steps: [{ name: "first", weight: 10, observe: "10m" }] },
  });
  const { lab, runs, shop, load, weights } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  const value = { app: shop.name };
  const hasGivenWay = async () => {
    if (runs.find(1)?.status?.end !== undefined) return true;
    const { subsets } = (await lab.admin.get(shop.destinationRule))["spec"] as { subsets: { name: string }[] };
    const path = `/spec/subsets/${subsets.findIndex(({ name }) => name === "canary")}/labels`;
    await lab.admin.jsonPatch(shop.destinationRule, [{ op: "replace", path, value }], { fieldManager: "kubectl-edit" });
    return false;
  };
  // The API server tells writes apart by the second.
  await until("the run gives way", hasGivenWay, { everyMs: 1_200, withinMs: 60_000 });
  const run = await runs.waitFor(1, "RolledBack");
  expect(run.status?.end).toMatchObject({
    reason: "RouteContended",
    message: expect.stringContaining("kubectl-edit") as unknown,
  });
  expect(eventsOf(run.status?.transitions)).toContain("labelsContended");
  expect(await reasonsOf(scene, "RolledBack")).toContain("RouteContended");
  expect((await load.stop()).failures()).toEqual([]);
  expect(canaryPercents(await weights.stop())).toEqual([0, 10, 0]);
});
