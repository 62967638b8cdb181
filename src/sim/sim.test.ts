import { describe, expect, test } from "vitest";
import { latencyQuery, requestsQuery } from "../analysis/queries.ts";
import { deployments } from "../kube/resources.ts";
import { createManualClock } from "../manual-clock.ts";
import { destinationRules, virtualServices } from "./kinds.ts";
import { seededRandom } from "./random.ts";
import { createSim, type SimOptions } from "./sim.ts";
import { shopDeployment } from "./shop.ts";
import type { ReplicaSet } from "./workload-types.ts";

const host = "checkout.shop.svc.cluster.local";

async function start(options: Partial<SimOptions> = {}) {
  const clock = createManualClock();
  const sim = createSim({ clock, random: seededRandom(42), ...options });
  await sim.createShop("checkout", { replicas: 4 });
  await clock.advance(5_000);
  return { clock, sim, sluice: sim.as("sluice"), alice: sim.as("user:alice") };
}

/** What a controller does by hand: narrow `stable`, start a twin, split the route. */
async function canary(image: string, weight: number, options: Partial<SimOptions> = {}) {
  const world = await start(options);
  const { clock, sim, sluice } = world;
  const own = sim.store.list("replicasets.apps", "shop")[0] as ReplicaSet;
  const hash = own.metadata.labels?.["pod-template-hash"] ?? "";
  await sluice.create(destinationRules, {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: "checkout", namespace: "shop" },
    spec: {
      host: "checkout",
      subsets: [
        { name: "stable", labels: { "pod-template-hash": hash } },
        { name: "canary", labels: { "sluice.dev/run": "checkout-1" } },
      ],
    },
  });
  const labels = { app: "checkout", "sluice.dev/run": "checkout-1" };
  const twin = shopDeployment("checkout", { replicas: 1, image });
  twin.metadata = { name: "checkout-1", namespace: "shop" };
  twin["spec"] = {
    ...(twin["spec"] as object),
    selector: { matchLabels: { "sluice.dev/run": "checkout-1" } },
    template: { ...(twin["spec"] as { template: object }).template, metadata: { labels } },
  };
  await sluice.create(deployments, twin);
  const split = (canaryWeight: number, manager = "sluice") =>
    sluice.patch(
      virtualServices,
      { namespace: "shop", name: "checkout" },
      {
        type: "json",
        operations: [
          {
            op: "replace",
            path: "/spec/http/0/route",
            value: [
              { destination: { host: "checkout", subset: "stable" }, weight: 100 - canaryWeight },
              { destination: { host: "checkout", subset: "canary" }, weight: canaryWeight },
            ],
          },
        ],
      },
      { fieldManager: manager },
    );
  await split(0);
  await clock.advance(5_000);
  sim.users.start({ host: "checkout", namespace: "shop", requestsPerSecond: 100 });
  await clock.advance(10_000);
  const splitMs = clock.now();
  await split(weight);
  return { ...world, split, splitMs };
}

/** Whether `count` of `n` is what a share of `p` gives, at 99.9 %. */
function isBinomial(count: number, n: number, p: number): boolean {
  return Math.abs(count - n * p) <= 3.29 * Math.sqrt(n * p * (1 - p)) + 1;
}

describe("a canary by hand", () => {
  test("gets its share of the users and no more, from when the mesh has heard of it", async () => {
    const { clock, sim, splitMs } = await canary("shop/checkout:v2", 10);
    await clock.advance(100_000);
    const before = sim.users.summary({ toMs: splitMs });
    expect(before.byVersion).toEqual({ v1: { total: before.total, failed: 0 } });
    const during = sim.users.summary({ fromMs: splitMs + 200 });
    expect(during.failed).toBe(0);
    expect(isBinomial(during.byVersion["v2"]?.total ?? 0, during.total, 0.1)).toBe(true);
    expect(during.byWorkload["checkout-1"]).toEqual(during.byVersion["v2"]);
  });

  test("hurts its users when it is bad, and none once the weight is 0", async () => {
    const { clock, sim, split } = await canary("shop/checkout:v2-errors50", 10);
    await clock.advance(20_000);
    await split(0, "sluice-withdraw");
    const backMs = clock.now();
    await clock.advance(20_000);
    const seen = sim.users.summary();
    const bad = seen.byVersion["v2-errors50"] ?? { total: 0, failed: 0 };
    expect(isBinomial(bad.failed, bad.total, 0.5)).toBe(true);
    expect(seen.failed).toBe(bad.failed);
    expect(seen.lastFailureMs).toBeLessThanOrEqual(backMs + 100);
    const route = sim.store.get("virtualservices.networking.istio.io", { namespace: "shop", name: "checkout" });
    const owner = route?.metadata.managedFields?.find((entry) => entry.manager === "sluice-withdraw");
    expect(owner?.fieldsV1).toEqual({ "f:spec": { "f:http": {} } });
  });

  test("shows in Prometheus as of the last scrape, by pod and workload, in both views", async () => {
    const { clock, sim } = await canary("shop/checkout:v2-slow", 20, { scrapeIntervalMs: 5_000 });
    await clock.advance(60_000);
    const requests = await sim.prometheus.query(requestsQuery([host]), clock.now());
    if (requests.kind === "error") throw new Error(requests.message);
    const count = (reporter: string, workload: string) =>
      requests.samples
        .filter(({ labels }) => labels["reporter"] === reporter && labels["destination_workload"] === workload)
        .reduce((total, { value }) => total + value, 0);
    const scrapeMs = Math.floor(clock.monotonic() / 5_000) * 5_000;
    const scraped = sim.users.summary({ toMs: scrapeMs - clock.monotonic() + clock.now() });
    for (const workload of ["checkout", "checkout-1"]) {
      const total = scraped.byWorkload[workload]?.total ?? 0;
      expect(Math.abs(count("destination", workload) - total)).toBeLessThanOrEqual(10);
      expect(count("source", workload)).toBe(count("destination", workload));
    }
    const pods = requests.samples.filter(({ labels }) => labels["reporter"] === "destination");
    expect(new Set(pods.map(({ labels }) => labels["instance"])).size).toBe(5);

    const latency = await sim.prometheus.query(latencyQuery([host], [500]), clock.now());
    if (latency.kind === "error") throw new Error(latency.message);
    const slow = latency.samples.filter(
      ({ labels }) => labels["destination_workload"] === "checkout-1" && labels["reporter"] === "destination",
    );
    const within = slow.find(({ labels }) => labels["le"] === "500")?.value;
    const all = slow.find(({ labels }) => labels["le"] === undefined)?.value;
    expect(all).toBe(count("destination", "checkout-1"));
    expect(within).toBe(0);
  });
});

test("the same seed gives the same run", async () => {
  const run = async () => {
    const { clock, sim } = await canary("shop/checkout:v2-errors5", 30);
    await clock.advance(20_000);
    return JSON.stringify([sim.users.log, sim.store.list("pods")]);
  };
  expect(await run()).toBe(await run());
});

test("deleting the Deployment takes ReplicaSets and pods along; users meet 503", async () => {
  const { clock, sim, alice } = await start();
  sim.users.start({ host: "checkout", namespace: "shop", requestsPerSecond: 50 });
  await clock.advance(1_000);
  expect(sim.users.summary().failed).toBe(0);
  await alice.delete(deployments, { namespace: "shop", name: "checkout" });
  await clock.advance(5_000);
  expect(sim.store.list("replicasets.apps")).toEqual([]);
  expect(sim.store.list("pods")).toEqual([]);
  const { failed, byVersion } = sim.users.summary();
  expect(failed).toBeGreaterThan(0);
  expect(byVersion[""]?.failed).toBe(failed);
});

test("a roll of the native kind costs no user a request", async () => {
  const { clock, sim, alice } = await start();
  sim.users.start({ host: "checkout", namespace: "shop", requestsPerSecond: 200 });
  await alice.patch(
    deployments,
    { namespace: "shop", name: "checkout" },
    {
      type: "json",
      operations: [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "shop/checkout:v2" }],
    },
  );
  await clock.advance(30_000);
  const seen = sim.users.summary();
  expect(seen.failed).toBe(0);
  expect(Object.keys(seen.byVersion).toSorted()).toEqual(["v1", "v2"]);
});
