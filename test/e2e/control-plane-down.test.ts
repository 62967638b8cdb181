import { afterAll, beforeAll, expect, test } from "vitest";
import type { PartName } from "../lab/client.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { until } from "../lab/wait.ts";
import { installSluice } from "./install.ts";
import { createScene, moreRequests } from "./scene.ts";
import { canaryPercents, objectsAsWritten, tell, withImage } from "./seen.ts";

// A lab of its own: what is killed is everybody's. And a controller for each release: an API server that has just begun refuses for
// a moment what its rights allow, which is not to be told apart from a right that is missing.
let lab: Lab;

beforeAll(async () => {
  lab = await startLab({ index: 1, meshClient: false });
  await installSluice(lab);
});

afterAll(() => lab.stop());

/** For so many requests it is gone: at 100 a second, some seconds. */
const REQUESTS_WITHOUT = 400;
/** From when the API server answers again to the last user who meets a bad version. */
const SAFE_MS = 8_000;

/** One a step: each is gone while the candidate's users are watched. */
const KILLED = ["istiod", "apiserver", "etcd"] as const satisfies readonly PartName[];

test(`a good release goes on after ${KILLED.join(", ")} were killed in the middle of a step and begun again`, async ({
  onTestFailed,
}) => {
  await using scene = await createScene(lab, { onTestFailed });
  const { runs } = scene;
  const before = await objectsAsWritten(scene);
  await scene.shop.setImage("shop/checkout:v2");
  for (const [step, part] of KILLED.entries()) {
    await until(
      `step ${step} is observed`,
      () => {
        const status = runs.find(1)?.status;
        return status?.phase === "Observing" && status.step === step;
      },
      { withinMs: 60_000 },
    );
    const fromMs = Date.now();
    await lab.part(part).kill();
    await moreRequests(scene, REQUESTS_WITHOUT);
    await lab.part(part).start();
    const log = scene.load.log.window(fromMs);
    tell(`good release, ${part} killed`, { requests: log.total, failed: log.failures().length });
  }
  await runs.waitFor(1, "Promoted", 120_000);
  await runs.waitForRollout("Healthy");
  const [log, history] = [await scene.load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
  expect(await objectsAsWritten(scene)).toEqual(withImage(before, "shop/checkout:v2"));
});

test("a version that turns bad while etcd is gone is taken from its users as soon as that is back", async ({
  onTestFailed,
}) => {
  await using scene = await createScene(lab, {
    onTestFailed,
    spec: { steps: [{ name: "first", weight: 10, observe: "60s" }] },
  });
  const { shop, runs, load } = scene;
  await shop.setImage("shop/checkout:v2");
  await runs.waitFor(1, "Observing");
  await lab.part("etcd").kill();
  await lab.kubelet.setBehaviour({ namespace: shop.namespace, imageTag: "v2" }, { errorFraction: 0.5 });
  await moreRequests(scene, REQUESTS_WITHOUT);
  await lab.part("etcd").start();
  const backAtMs = Date.now();
  await runs.waitFor(1, "RolledBack", 60_000);
  const log = await load.stop();
  const safeAfterMs = (log.lastFailure()?.sentAtMs ?? 0) - backAtMs;
  tell("bad release, etcd killed", { "seconds until users are safe": safeAfterMs / 1000 });
  expect([...new Set(log.failures().map(({ version }) => version))]).toEqual(["v2"]);
  expect(safeAfterMs).toBeLessThanOrEqual(SAFE_MS);
  expect(runs.find(1)?.status?.end?.reason).toBe("Breach");
});
