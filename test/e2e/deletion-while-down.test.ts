import { expect, test } from "vitest";
import { until } from "../lab/wait.ts";
import { expectOnOld, leftPaused, underWay } from "./deleted-under-way.ts";
import { createScene, moreRequests } from "./scene.ts";
import { objectsAsWritten } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab({ controller: false });

test.concurrent("a Rollout that is deleted while no controller runs is released by the next one", async (at) => {
  await using scene = await createScene(shared.lab, { onTestFailed: at.onTestFailed });
  const { lab, rollout, sluice } = scene;
  const before = await objectsAsWritten(scene);
  await underWay(scene);
  await sluice.kill();
  await lab.admin.delete(rollout, { propagationPolicy: "Foreground" });
  await moreRequests(scene, 300);
  await sluice.start();
  await until("the Rollout is gone", async () => (await lab.admin.find(rollout)) === undefined);
  await expectOnOld(scene);
  expect(await objectsAsWritten(scene)).toEqual(leftPaused(before));
});
