import { expect, type TestContext } from "vitest";
import { createFaultyScene } from "../../e2e/faulty-scene.ts";
import { sluiceApi } from "../../e2e/run.ts";
import { moreRequests, type Scene } from "../../e2e/scene.ts";
import { eventsOf, objectsAsWritten, paused, withImage } from "../../e2e/seen.ts";
import type { Ref } from "../../lab/admin.ts";
import type { LabClient } from "../../lab/client.ts";
import type { FaultProxy } from "../../lab/fault-proxy/fault-proxy.ts";
import { until } from "../../lab/wait.ts";
import type { DeletionCase } from "./deletions.ts";
import { goInto } from "./way-into.ts";

/** How long there is no controller, or one without rights, as users count it: 100 of them ask each second. */
const REQUESTS_WITHOUT_CONTROLLER = 300;
const GONE_MS = 90_000;
const REFUSAL = 'User "system:serviceaccount:sluice-system:sluice" cannot do it: its rights were taken away';

/** Plays one case in a namespace of its own, with a controller of its own, and checks what users, objects and people saw. */
export async function playDeletion(
  lab: LabClient,
  each: DeletionCase,
  at: Pick<TestContext, "onTestFailed">,
): Promise<void> {
  await using faulty = await createFaultyScene(lab, at, { spec: each.spec ?? {} });
  const { scene, proxy } = faulty;
  const { shop } = scene;
  await each.prepare?.(scene);
  const before = await objectsAsWritten(scene);
  await shop.setImage(`shop/checkout:${each.tag}`);
  await goInto(scene, each);
  await whileControllerIs(each.controller, scene, proxy, () => deleteIt(scene, each));
  const written = withImage(before, `shop/checkout:${each.tag}`);
  if (each.what === "Rollout") await expectReleased(scene, each, written);
  else if (each.what === "RolloutRun") await expectRunGone(scene, each);
  else if (each.what === "Deployment") await expectWorkloadGone(scene, written);
  else await expectGone(lab, { apiVersion: "v1", kind: "Namespace", name: shop.namespace });
  if (each.live !== undefined) await expectServed(scene, each, each.live);
}

/** What `act` does meets a controller of that kind; from some seconds later on it is as it should be again. */
async function whileControllerIs(
  controller: DeletionCase["controller"],
  scene: Scene,
  proxy: FaultProxy,
  act: () => Promise<void>,
): Promise<void> {
  if (controller === "alive") return await act();
  if (controller === "dead") await scene.sluice.kill();
  else proxy.inject({ fault: { kind: "answer", code: 403, message: REFUSAL } });
  await act();
  await moreRequests(scene, REQUESTS_WITHOUT_CONTROLLER);
  if (controller === "dead") return await scene.sluice.start();
  expect(proxy.met()["answer 403"], "refused").toBeGreaterThan(0);
  proxy.clear();
}

async function deleteIt({ lab, shop, rollout }: Scene, { what, propagationPolicy }: DeletionCase): Promise<void> {
  if (what === "Namespace") return await shop.remove();
  const run = { ...rollout, kind: "RolloutRun", name: "checkout-1" };
  const ref = { Rollout: rollout, RolloutRun: run, Deployment: shop.deployment }[what];
  await lab.admin.delete(ref, { propagationPolicy });
}

/** Nothing of Sluice's is left, and the user's objects are as written; a version that nobody vetted stays paused, and it is said so. */
async function expectReleased(
  scene: Scene,
  { tag, live }: DeletionCase,
  written: Record<string, unknown>,
): Promise<void> {
  const { lab, rollout, shop } = scene;
  await expectGone(lab, rollout);
  const isShipped = tag === live;
  expect(await objectsAsWritten(scene)).toEqual(isShipped ? written : paused(written));
  const runs = await lab.admin.list({ apiVersion: sluiceApi, kind: "RolloutRun", namespace: shop.namespace });
  expect(runs.flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
  const isTold = async () => (await eventsOf(lab, shop.namespace)).some(({ reason }) => reason === "LeftPaused");
  if (isShipped) expect(await isTold(), "told that it stays paused").toBe(false);
  else await until("people are told how to go on", isTold);
}

/** The Rollout goes on protecting: what users are not on is refused, and stays refused. */
async function expectRunGone({ lab, rollout, runs }: Scene, { tag, live }: DeletionCase): Promise<void> {
  await expectGone(lab, { ...rollout, kind: "RolloutRun", name: "checkout-1" });
  await runs.waitForRollout(tag === live ? "Healthy" : "RolledBack");
  expect(runs.count()).toBe(1);
}

/** The run ends, and it is said what is missing. Once the Rollout is deleted too, routes and rule are as written. */
async function expectWorkloadGone(scene: Scene, written: Record<string, unknown>): Promise<void> {
  const { "Deployment/checkout": _, ...others } = written;
  const { lab, rollout, runs } = scene;
  await runs.waitForRollout("WorkloadNotFound", GONE_MS);
  expect(runs.count()).toBe(1);
  await lab.admin.delete(rollout);
  await expectGone(lab, rollout);
  expect(await objectsAsWritten(scene)).toEqual(others);
}

async function expectGone(lab: LabClient, ref: Ref): Promise<void> {
  await until(`${ref.kind} ${ref.name} is gone`, async () => (await lab.admin.find(ref)) === undefined, {
    withinMs: GONE_MS,
  });
}

/** Everybody is on `live`, and nobody met an error but by a bad version. */
async function expectServed(scene: Scene, { tag }: DeletionCase, live: string): Promise<void> {
  const fromMs = Date.now();
  await moreRequests(scene, 150);
  const log = await scene.load.stop();
  const after = log.window(fromMs);
  expect(after.countByVersion(), "who answers after the end").toEqual({ [live]: after.total });
  const failed = log.failures().map(({ version }) => version);
  expect([...new Set(failed)].filter((version) => version !== tag || tag === "v2")).toEqual([]);
}
