import { expect, test } from "vitest";
import { sluiceApi } from "./run.ts";
import { command, createScene, moreRequests } from "./scene.ts";
import { canaryPercents, expectShares } from "./seen.ts";
import { sharedLab } from "./shared.ts";

const shared = sharedLab();

test.concurrent("a release waits for a frozen namespace, begins as small as its policy asks, is approved, and keeps its plan", async (at) => {
  const { lab } = shared;
  let policies: { kind: string; name: string; namespace?: string }[] = [];
  await using scene = await createScene(shared.sluice, {
    onTestFailed: at.onTestFailed,
    spec: { steps: undefined },
    async prepare({ namespace }) {
      // This namespace alone: others share the cluster.
      const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": namespace } };
      const now = new Date();
      const schedule = `${now.getUTCMinutes()} ${now.getUTCHours()} * * *`;
      const windows = [{ name: "freeze", kind: "Deny", schedule, duration: "1m30s" }];
      const limits = { maxFirstWeight: 2, minObserve: "4s", approval: {} };
      const steps = [
        { name: "tenth", weight: 10, observe: "3s" },
        { name: "half", weight: 50, observe: "3s" },
      ];
      policies = [
        { kind: "ClusterRolloutPolicy", name: namespace },
        { kind: "RolloutPolicy", name: "shop", namespace },
      ];
      const metadata = { name: namespace };
      const spec = { namespaceSelector, windows, limits };
      await lab.admin.create({ apiVersion: sluiceApi, kind: "ClusterRolloutPolicy", metadata, spec });
      await lab.admin.create({
        apiVersion: sluiceApi,
        kind: "RolloutPolicy",
        metadata: { name: "shop", namespace },
        spec: { selector: {}, steps },
      });
    },
  });
  const { runs, shop, load } = scene;
  await shop.setImage("shop/checkout:v2");
  const frozen = await runs.waitFor(1, "Waiting");
  expect(frozen.status?.window?.message).toContain(`deny window freeze of ClusterRolloutPolicy/${shop.namespace}`);
  expect(load.log.countByVersion()["v2"]).toBeUndefined();
  const opensAtMs = Date.parse(frozen.status?.window?.opensAt ?? "");
  const raised = await runs.waitForTransition(1, "Shifting", 120_000);
  expect(Date.parse(raised.at)).toBeGreaterThanOrEqual(opensAtMs);

  for (const policy of policies) await lab.admin.delete({ apiVersion: sluiceApi, ...policy });
  await command(scene, 1, "approve", { step: "half" });
  const { spec } = await runs.waitFor(1, "Promoted", 120_000);
  expect(spec.plan.origins).toMatchObject({
    steps: "RolloutPolicy/shop",
    "steps.limited": `ClusterRolloutPolicy/${shop.namespace} (limit)`,
    "promotion.ramp": "Rollout",
  });
  await moreRequests(scene, 100);
  const [log, history] = [await load.stop(), await scene.weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 2, 10, 50, 100, 0]);
  expectShares(log, history, "v2");
});
