import { afterAll, beforeAll, expect, test } from "vitest";
import type { KubeObject } from "../../src/kube/port.ts";
import { startLoad } from "../lab/load.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { until } from "../lab/wait.ts";
import { installSluice } from "./install.ts";
import { scaleByKeda, serveScaledObjects } from "./keda.ts";
import { createScene, moreRequests, type Scene } from "./scene.ts";
import { canaryPercents, tell } from "./seen.ts";
import { type Sluice, startSluice } from "./sluice.ts";

let lab: Lab;
let sluice: Sluice;

beforeAll(async () => {
  lab = await startLab({ index: 1, meshClient: false, podMetrics: true });
  await installSluice(lab);
  await serveScaledObjects(lab);
  sluice = await startSluice(lab);
});

afterAll(async () => {
  const refusals = sluice.refusals();
  await sluice[Symbol.asyncDispose]();
  await lab.stop();
  expect(refusals, "deploy/ gives the controller every right that it uses").toEqual([]);
});

/** A request costs 10 ms of CPU: a pod is at its target of 50 % with 20 requests a second. */
const container = { name: "app", image: "shop/checkout:v1", ports: [{ name: "http", containerPort: 8080 }] };
const template = {
  metadata: { labels: { app: "checkout" } },
  spec: { terminationGracePeriodSeconds: 5, containers: [{ ...container, resources: { requests: { cpu: "400m" } } }] },
};

const replicasOf = async (scene: Scene, name = "checkout") => {
  const found = await lab.admin.find({ ...scene.shop.deployment, name });
  return (found?.["spec"] as { replicas?: number } | undefined)?.replicas ?? 0;
};

async function autoscaled(onTestFailed: (tell: () => void) => void): Promise<Scene> {
  return await createScene(sluice, {
    onTestFailed,
    ratePerSecond: 60,
    shop: { replicas: 3, deploymentSpec: { template } },
    prepare: async (shop) => {
      const hpa: KubeObject = {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "checkout", namespace: shop.namespace },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" },
          minReplicas: 2,
          maxReplicas: 12,
          metrics: [
            { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
          ],
        },
      };
      await lab.admin.create(hpa);
      // It may not keep the twin, or the Deployment's own roll-out, from taking pods away: neither goes by evictions.
      await lab.admin.create({
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "checkout", namespace: shop.namespace },
        spec: { maxUnavailable: 0, selector: { matchLabels: { app: "checkout" } } },
      });
    },
  });
}

const hpaOf = ({ shop }: Scene) =>
  lab.admin.get({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    namespace: shop.namespace,
    name: "checkout",
  });

async function floorOf(scene: Scene): Promise<unknown> {
  return ((await hpaOf(scene))["spec"] as { minReplicas?: number }).minReplicas;
}

test.concurrent("load that doubles in a promotion is met by more pods of the new version, and the floor is put back", async (at) => {
  await using scene = await autoscaled(at.onTestFailed);
  const { runs, shop, load, weights } = scene;
  await until("the autoscaler reads CPU", async () => {
    const status = (await hpaOf(scene))["status"] as { currentMetrics?: unknown[] } | undefined;
    return (status?.currentMetrics ?? []).length > 0;
  });
  await shop.setImage("shop/checkout:v2");
  await runs.waitForTransition(1, "SwappingLabels");
  const atStart = runs.find(1)?.spec.pinned.sizeAtStart ?? 0;
  expect(await floorOf(scene)).toBe(atStart);
  await using more = startLoad({ url: lab.gateway.url, host: shop.host, ratePerSecond: 60 });
  const run = await runs.waitFor(1, "Promoted", 90_000);
  await until("the Deployment follows", async () => (await replicasOf(scene)) > atStart);
  tell("load doubled in the swap", {
    atStart,
    "pods in the end": await replicasOf(scene),
    took: run.status?.finishedAt,
  });
  expect(await floorOf(scene)).toBe(2);
  await until("the disruption budget counts the Deployment's pods and no others", async () => {
    const budget = await lab.admin.get({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      namespace: shop.namespace,
      name: "checkout",
    });
    const { expectedPods, currentHealthy } = budget["status"] as { expectedPods: number; currentHealthy: number };
    const replicas = await replicasOf(scene);
    return expectedPods === replicas && currentHealthy === replicas;
  });
  const [log, doubled, history] = [await load.stop(), await more.stop(), await weights.stop()];
  expect([...log.failures(), ...doubled.failures()]).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 30, 100, 0]);
});

test.concurrent("load that halves in a rollback takes no pod from the old version before users are back, and the floor is put back", async (at) => {
  await using scene = await autoscaled(at.onTestFailed);
  const { runs, shop, load } = scene;
  const more = startLoad({ url: lab.gateway.url, host: shop.host, ratePerSecond: 60 });
  const size = await until("the autoscaler has grown it", async () => {
    const replicas = await replicasOf(scene);
    return replicas >= 5 && replicas;
  });
  await shop.waitForRollout();
  await shop.setImage("shop/checkout:v2-errors50");
  await runs.waitFor(1, "Withdrawing");
  await more.stop();
  expect(await replicasOf(scene)).toBeGreaterThanOrEqual(size);
  await runs.waitFor(1, "RolledBack");
  expect(await floorOf(scene)).toBe(2);
  await until("it shrinks again", async () => (await replicasOf(scene)) < size);
  const fromMs = Date.now();
  await moreRequests(scene, 200);
  const after = load.log.window(fromMs);
  expect(after.failures()).toEqual([]);
  expect(after.countByVersion()).toEqual({ v1: after.total });
  expect(load.log.failures().filter(({ version }) => version !== "v2-errors50")).toEqual([]);
});

test.concurrent("the floor that KEDA's users write is raised in the ScaledObject alone, and is absent again afterwards", async (at) => {
  await using scene = await createScene(sluice, {
    onTestFailed: at.onTestFailed,
    ratePerSecond: 60,
    shop: { replicas: 3, deploymentSpec: { template } },
    prepare: (shop) => scaleByKeda(lab, shop),
  });
  const { runs, shop, load } = scene;
  const { namespace, name } = shop;
  const scaledObject = { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", namespace, name };
  const made = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    namespace,
    name: `keda-hpa-${name}`,
  };
  const before = (await lab.admin.get(scaledObject))["spec"];
  const autoscaler = (await lab.admin.get(made))["spec"];
  await shop.setImage("shop/checkout:v2");
  const { spec, status } = await runs.waitFor(1, "Observing");
  // Without minReplicas: there was none.
  expect(status?.asFound?.scaling).toEqual({ kind: "ScaledObject", name });
  expect((await lab.admin.get(scaledObject))["spec"]).toEqual({
    ...(before as object),
    minReplicaCount: spec.pinned.sizeAtStart,
  });
  await runs.waitFor(1, "Promoted", 90_000);
  expect((await lab.admin.get(scaledObject))["spec"]).toEqual(before);
  const after = await lab.admin.get(made);
  expect(after["spec"]).toEqual(autoscaler);
  expect(after.metadata.managedFields?.map(({ manager }) => manager)).not.toContain("sluice");
  expect((await load.stop()).failures()).toEqual([]);
});
