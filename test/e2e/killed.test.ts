import { expect, test } from "vitest";
import { startLab } from "../lab/lab.ts";
import { installSluice } from "./install.ts";
import type { Phase } from "./run.ts";
import { command, createScene, moreRequests } from "./scene.ts";
import { canaryPercents, expectShares, goodRelease, objectsAsWritten, reasonsOf, tell, withImage } from "./seen.ts";
import { sharedLab } from "./shared.ts";
import { startSluice } from "./sluice.ts";

const shared = sharedLab({ controller: false });

const killedIn: Readonly<Record<string, readonly Phase[]>> = {
  "while it observes": ["Observing"],
  "in every state of the promotion": ["SwappingLabels", "SwappingWeight", "Keeping", "Converging", "Joining"],
};

for (const [when, phases] of Object.entries(killedIn)) {
  test.concurrent(`a controller that is killed ${when} goes on and comes to the same end`, async (at) => {
    await using scene = await createScene(shared.lab, { onTestFailed: at.onTestFailed });
    const before = await objectsAsWritten(scene);
    await scene.shop.setImage("shop/checkout:v2");
    for (const phase of phases) {
      await scene.runs.waitFor(1, phase);
      await scene.sluice.kill();
      await moreRequests(scene, 50);
      await scene.sluice.start();
    }
    await scene.runs.waitFor(1, "Promoted");
    const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
    expect(log.failures()).toEqual([]);
    expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
    expectShares(log, history, "v2");
    expect(await reasonsOf(scene, "Promoted")).toEqual(["Adopted", ...goodRelease]);
    expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
  });
}

test.concurrent("a bad release is over for its users when the controller is killed in taking it away", async (at) => {
  await using scene = await createScene(shared.lab, { onTestFailed: at.onTestFailed });
  const { runs, load } = scene;
  await scene.shop.setImage("shop/checkout:v2-errors50");
  await runs.waitFor(1, "Withdrawing");
  await scene.sluice.kill();
  await moreRequests(scene, 100);
  const deadFromMs = Date.now();
  await moreRequests(scene, 200);
  expect(load.log.window(deadFromMs).countByVersion()).toEqual({ v1: load.log.window(deadFromMs).total });
  await scene.sluice.start();
  await runs.waitFor(1, "RolledBack");
  const [log, history] = [await load.stop(), await scene.weights.stop()];
  tell("bad release, controller killed", {
    "seconds between first and last failed request": log.failureSpanMs() / 1000,
    failed: log.failures().length,
  });
  expect(log.failureSpanMs()).toBeLessThanOrEqual(8_000);
  expect(canaryPercents(history)).toEqual([0, 10, 0]);
  const told = (await reasonsOf(scene, "RolledBack")).filter((reason) => reason !== "StepStarted");
  expect(told).toEqual(["Adopted", "PreflightPassed", "Scaling", "WeightRaised", "SLOBreached", "RolledBack"]);
});

test.concurrent("a release holds while Prometheus is dead, pauses at the deadline, and goes on when it is back", async (at) => {
  await using lab = await startLab({ index: 1, meshClient: false });
  await installSluice(lab);
  await using sluice = await startSluice(lab);
  await using scene = await createScene(sluice, {
    onTestFailed: at.onTestFailed,
    spec: { analysis: { interval: "1s", minRequests: 20, onInconclusive: { hold: "5s", then: "Pause" } } },
  });
  const { runs, shop } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await lab.part("prometheus").kill();
  const killedAtMs = Date.now();
  const run = await runs.waitFor(1, "Paused");
  expect(Date.now() - killedAtMs).toBeGreaterThan(5_000);
  expect(run.status).toMatchObject({ step: 0, weightInForce: 10, pause: { reason: "Inconclusive", withdrawn: false } });
  await moreRequests(scene, 300);
  expect(canaryPercents(scene.weights.history)).toEqual([0, 10]);
  await lab.part("prometheus").start();
  await command(scene, 1, "resume");
  await runs.waitFor(1, "Promoted");
  const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  expectShares(log, history, "v2");
  const told = await reasonsOf(scene, "Promoted");
  expect(told.filter((reason) => reason === "Paused")).toHaveLength(1);
  expect(told.slice(-4)).toEqual(["Promoting", "UsersMoved", "Converging", "Promoted"]);
});
