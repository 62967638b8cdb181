import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { KubeObject } from "../../src/kube/port.ts";
import type { LabClient } from "./client.ts";
import { connectLab } from "./control.ts";
import { startLoad } from "./load.ts";
import { createShop, type Shop, waitForRollout } from "./namespace.ts";
import { startOutsideCaller } from "./outside-caller.ts";
import { until } from "./wait.ts";

let lab: LabClient;

beforeAll(() => {
  lab = connectLab(inject("lab"));
});

afterAll(async () => {
  await lab.close();
});

describe("a hand-made 90/10 split", () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await createShop(lab, { form: "split", via: ["gateway", "mesh"], podLabels: { version: "v1" } });
    await addCanary(shop);
    await lab.admin.jsonPatch(shop.destinationRule, [
      { op: "add", path: "/spec/subsets/0/labels/version", value: "v1" },
      { op: "add", path: "/spec/subsets/1/labels/version", value: "v2" },
    ]);
    await lab.admin.jsonPatch(shop.virtualService, [
      { op: "replace", path: "/spec/http/0/route/0/weight", value: 90 },
      { op: "replace", path: "/spec/http/0/route/1/weight", value: 10 },
    ]);
    await lab.gateway.waitForPercent(shop.host, "canary", 10);
    await lab.meshClient.waitForPercent(shop.fqdn, "canary", 10);
  });

  afterAll(() => shop.remove());

  test("is what callers at the gateway meet", async () => {
    await using load = startLoad({ url: lab.gateway.url, host: shop.host, ratePerSecond: 400 });
    await until("1000 requests are answered", () => load.log.total >= 1_000);
    const log = await load.stop();
    expect(log.failures()).toEqual([]);
    expectShare(log.countByVersion().v2, log.total, 0.1);
  });

  test("is what a client inside the mesh meets", async () => {
    const url = `${lab.meshClient.url}:8000`;
    await using load = startLoad({ url, host: shop.fqdn, ratePerSecond: 200 });
    await until("500 requests are answered", () => load.log.total >= 500);
    const log = await load.stop();
    expect(log.failures()).toEqual([]);
    expectShare(log.countByVersion().v2, log.total, 0.1);
  });

  test("is not what callers outside the mesh meet: they go by pod count", async () => {
    await using caller = await startOutsideCaller(lab.admin, {
      namespace: shop.namespace,
      service: shop.name,
      ratePerSecond: 100,
    });
    await until("200 calls are answered", () => caller.log.total >= 200);
    const log = await caller.stop();
    expect(log.failures()).toEqual([]);
    expectShare(log.countByVersion().v2, log.total, 0.25);
  });

  test("is in Prometheus from both sides, by subset and by workload", async () => {
    await using _load = startLoad({ url: lab.gateway.url, host: shop.host, ratePerSecond: 50 });
    const selector = `destination_service="${shop.fqdn}"`;
    const found = await until("both reporters have counted both versions", async () => {
      const source = await lab.query(
        `sum by (destination_version) (istio_requests_total{reporter="source",${selector}})`,
      );
      const destination = await lab.query(
        `sum by (destination_workload, instance) (istio_requests_total{reporter="destination",${selector}})`,
      );
      return source.length === 2 && destination.length === 4 && { source, destination };
    });
    expect(found.source.map(({ labels }) => labels.destination_version).sort()).toEqual(["canary", "stable"]);
    const workloads = found.destination.map(({ labels }) => labels.destination_workload).sort();
    expect(workloads).toEqual(["checkout", "checkout", "checkout", "checkout-v2"]);
    // Prometheus 3 stores the bound as "500.0", Prometheus 2 as "500".
    for (const reporter of ["source", "destination"]) {
      const buckets = await until("request durations are there", async () => {
        const metric = `istio_request_duration_milliseconds_bucket{reporter="${reporter}",${selector},le=~"500|500[.]0"}`;
        const samples = await lab.query(`sum(${metric})`);
        return samples[0];
      });
      expect(buckets.value).toBeGreaterThan(0);
    }
  });

  test("is acknowledged by both proxies", async () => {
    const proxies = await lab.syncz();
    expect(proxies.length).toBeGreaterThanOrEqual(2);
  });
});

describe("pods", () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await createShop(lab);
  });

  afterAll(() => shop.remove());

  test("that are deleted fail no request, since they serve through their grace period", async () => {
    await using load = startLoad({ url: lab.gateway.url, host: shop.host, ratePerSecond: 100 });
    const [victim] = await lab.kubelet.pods(shop.namespace);
    const name = victim?.name ?? "";
    // Envoy may hear of a pod a second later than the Deployment counts it.
    await until("users are served by it", () => load.log.answers.filter(({ pod }) => pod === name).length >= 10);
    await lab.admin.delete({ apiVersion: "v1", kind: "Pod", namespace: shop.namespace, name });
    await until(
      "it is gone and replaced",
      async () => {
        const pods = await lab.kubelet.pods(shop.namespace);
        return !pods.some((pod) => pod.name === name) && pods.filter(({ ready }) => ready).length === 3;
      },
      { withinMs: 10_000 },
    );
    const log = await load.stop();
    expect(log.failures()).toEqual([]);
  });

  test("that a test makes unready leave the endpoints, and come back", async () => {
    const [pod] = await lab.kubelet.pods(shop.namespace);
    await lab.kubelet.setReady(shop.namespace, pod?.name ?? "", false);
    await until("two are available", async () => (await availableReplicas(shop)) === 2);
    await lab.kubelet.setReady(shop.namespace, pod?.name ?? "", true);
    await shop.waitForRollout();
    expect(await availableReplicas(shop)).toBe(3);
  });

  test("misbehave when told to, and stop when the order is taken back", async () => {
    const selector = { namespace: shop.namespace, imageTag: "v1" };
    await lab.kubelet.setBehaviour(selector, { errorFraction: 1 });
    await using load = startLoad({ url: lab.gateway.url, host: shop.host, ratePerSecond: 50 });
    await until("errors are seen", () => load.log.failures().length >= 5);
    await lab.kubelet.setBehaviour(selector, {});
    const healedAtMs = Date.now();
    await until("they are over", () => load.log.window(healedAtMs).total >= 50);
    expect(load.log.window(healedAtMs).failures()).toEqual([]);
  });

  test("of an image that crashes restart for ever and serve nobody", async () => {
    await shop.setImage("shop/checkout:v2-crash");
    const status = await until("a container is in CrashLoopBackOff again", async () =>
      (await containerStatuses(shop)).find(({ restartCount }) => restartCount >= 2),
    );
    expect(status).toMatchObject({ ready: false, state: { waiting: { reason: "CrashLoopBackOff" } } });
    expect(await availableReplicas(shop)).toBe(3);
  });

  test("of an image that is never ready run and serve nobody", async () => {
    await shop.setImage("shop/checkout:v3-neverready");
    const status = await until("a container of it runs", async () =>
      (await containerStatuses(shop)).find(({ image }) => image.endsWith("v3-neverready")),
    );
    expect(status).toMatchObject({ ready: false, state: { running: {} } });
    expect(await availableReplicas(shop)).toBe(3);
  });
});

async function addCanary(shop: Shop): Promise<void> {
  const own = (await lab.admin.get(shop.deployment)) as KubeObject & { spec: { template: Record<string, object> } };
  const labels = { app: shop.name, version: "v2" };
  const container = { name: "app", image: "shop/checkout:v2", ports: [{ name: "http", containerPort: 8_080 }] };
  const canary: KubeObject = {
    apiVersion: own.apiVersion,
    kind: own.kind,
    metadata: { name: `${shop.name}-v2`, namespace: shop.namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
  await lab.admin.apply(canary);
  await waitForRollout(lab, { ...shop.deployment, name: canary.metadata.name });
}

async function availableReplicas(shop: Shop): Promise<number> {
  const { status } = (await lab.admin.get(shop.deployment)) as { status?: { availableReplicas?: number } };
  return status?.availableReplicas ?? 0;
}

interface ContainerStatus {
  image: string;
  ready: boolean;
  restartCount: number;
  state: object;
}

async function containerStatuses(shop: Shop): Promise<ContainerStatus[]> {
  const pods = await lab.admin.list({ apiVersion: "v1", kind: "Pod", namespace: shop.namespace });
  return pods.flatMap(
    (pod) => (pod as { status?: { containerStatuses?: ContainerStatus[] } }).status?.containerStatuses ?? [],
  );
}

/** Within four standard deviations of a binomial distribution: once in 16,000 runs it is not. */
function expectShare(count: number | undefined, total: number, fraction: number): void {
  const tolerance = 4 * Math.sqrt(total * fraction * (1 - fraction));
  expect(Math.abs((count ?? 0) - total * fraction)).toBeLessThan(tolerance);
}
