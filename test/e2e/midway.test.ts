import { expect, test } from "vitest";
import { kubectl } from "../lab/kubectl.ts";
import { until } from "../lab/wait.ts";
import { command, createScene, moreRequests, type Scene } from "./scene.ts";
import {
  canaryPercents,
  eventsOf,
  expectShares,
  goodRelease,
  objectsAsWritten,
  paused,
  reasonsOf,
  withImage,
} from "./seen.ts";
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
  const told = await reasonsOf(scene, "Promoted");
  expect(told).toEqual(["Adopted", ...goodRelease.slice(0, 8), "RollingBack", "Superseded", ...goodRelease]);
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
    expect(await objectsAsWritten(scene)).toEqual(paused(withImage(before, "shop/checkout:v2")));
    const found = await lab.admin.get(shop.deployment);
    expect(found.metadata.annotations).not.toHaveProperty("sluice.dev/rollout");
    const { note } = await until("people are told how to go on", async () =>
      (await eventsOf(lab, shop.namespace)).find(({ reason }) => reason === "LeftPaused"),
    );
    const [, typed = ""] = /kubectl (.*)$/.exec(note) ?? [];
    await kubectl(lab, typed.split(" "));
    await shop.waitForRollout();
    await until("users are on what they were told to ship", () => load.log.answers.at(-1)?.version === "v2");
    const [log, history] = [await load.stop(), await scene.weights.stop()];
    expect(log.failures()).toEqual([]);
    expect(canaryPercents(history)).toEqual([0, 10, 30, 0]);
  });
}

test.concurrent("a run waits for its approval, stops on pause, goes on with resume and goes to the end on promote", async (at) => {
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: {
      steps: [
        { name: "first", weight: 10, observe: "2s", approval: {} },
        { name: "third", weight: 30, observe: "60s" },
        { name: "half", weight: 50, observe: "60s" },
      ],
    },
  });
  const { runs, shop } = scene;
  await shop.setImage("shop/checkout:v2");

  await runs.waitForTransition(1, "Observing");
  await runs.waitFor(1, "Waiting");
  await runs.waitForRollout("Paused");
  await moreRequests(scene, 200);
  expect(runs.find(1)?.status).toMatchObject({ phase: "Waiting", weightInForce: 10 });
  await expect(asAlice(scene, 1, "approve", { step: "first" })).rejects.toThrow(/alice may not approve/);
  await command(scene, 1, "approve", { step: "first", reason: "looked at it" });
  await runs.waitFor(1, "Observing");

  await command(scene, 1, "pause");
  await runs.waitFor(1, "Paused");
  await moreRequests(scene, 200);
  expect(runs.find(1)?.status).toMatchObject({ phase: "Paused", weightInForce: 30, pause: { by: "lab-admin" } });
  await command(scene, 1, "promote");
  await command(scene, 1, "resume");
  await runs.waitFor(1, "Observing");
  expect(runs.find(1)?.status).toMatchObject({ epoch: 1, weightInForce: 30 });
  await command(scene, 1, "promote");
  const run = await runs.waitFor(1, "Promoted");

  const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  expectShares(log, history, "v2");
  const given = run.status?.transitions.filter(({ by }) => by !== undefined).map(({ event, by }) => [event, by]);
  expect(given).toEqual(["approve", "pause", "commandRefused", "resume", "promote"].map((verb) => [verb, "lab-admin"]));
  const refused = (await eventsOf(scene.lab, shop.namespace)).filter(({ reason }) => reason === "CommandRefused");
  expect(refused.map(({ note }) => note)).toEqual([expect.stringContaining("resume it first")]);
});

test.concurrent("a run that is aborted goes back, and the same version is tried again only on retry", async (at) => {
  await using scene = await createScene(shared.sluice, { onTestFailed: at.onTestFailed });
  const { runs, shop, load } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await asAlice(scene, 1, "abort");
  const run = await runs.waitFor(1, "Aborted");
  expect(run.status?.end).toMatchObject({ reason: "Aborted", by: "alice" });
  await runs.waitForRollout("RolledBack");
  const abortedAtMs = Date.now();
  await moreRequests(scene, 200);
  expect(load.log.window(abortedAtMs).ofVersion("v2").total).toBe(0);
  expect(runs.count()).toBe(1);

  await asAlice(scene, 1, "retry");
  await runs.waitFor(2, "Promoted");
  expect(runs.find(2)?.spec.reason).toBe("Retry");
  const [log, history] = [await load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 0, 10, 30, 100, 0]);
  const told = await reasonsOf(scene, "Promoted");
  expect(told).toEqual(["Adopted", ...goodRelease.slice(0, 4), "RollingBack", "Aborted", ...goodRelease]);
});

/** As somebody with no more than the role `edit`. */
async function asAlice(scene: Scene, ordinal: number, verb: string, more: { step?: string } = {}): Promise<void> {
  const { lab, shop, runs } = scene;
  const value = { id: `alice-${verb}`, verb, ...more };
  const patch = JSON.stringify([{ op: "add", path: "/spec/commands/-", value }]);
  const name = runs.find(ordinal)?.metadata.name ?? "";
  await kubectl(lab, ["-n", shop.namespace, "patch", "rolloutrun", name, "--type=json", "-p", patch], {
    user: "alice",
  });
}
