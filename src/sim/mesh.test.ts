import { describe, expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { createManualClock } from "../manual-clock.ts";
import { destinationRules, virtualServices } from "./kinds.ts";
import { seededRandom } from "./random.ts";
import { createSim, type SimOptions } from "./sim.ts";

const host = "checkout.shop.svc.cluster.local";
const ref = { namespace: "shop", name: "checkout" };

async function start(options: Partial<SimOptions> = {}) {
  const clock = createManualClock();
  const sim = createSim({ clock, random: seededRandom(5), ...options });
  await sim.createShop("checkout", { replicas: 2 });
  await clock.advance(5_000);
  const alice = sim.as("user:alice");
  const route = (http: object[], extra: object = {}) =>
    alice.patch(virtualServices, ref, { type: "merge", patch: { spec: { http, ...extra } } });
  const rule = (subsets: object[]) =>
    alice.create(destinationRules, {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: ref,
      spec: { host: "checkout", subsets },
    } as KubeObject);
  const ask = (more: { path?: string; headers?: Record<string, string>; gateway?: string; host?: string } = {}) =>
    sim.mesh.backends({ host, path: "/", headers: {}, gateway: "mesh", ...more });
  return { clock, sim, alice, route, rule, ask };
}

const to = (subset?: string, weight?: number) => ({
  destination: { host: "checkout", ...(subset === undefined ? {} : { subset }) },
  ...(weight === undefined ? {} : { weight }),
});

describe("the mesh", () => {
  test("without a VirtualService goes to all pods of the Service", async () => {
    const { clock, alice, ask } = await start();
    await alice.delete(virtualServices, ref);
    await clock.advance(200);
    expect(ask()).toMatchObject([{ share: 1, failure: undefined }]);
    expect(ask()[0]?.pods).toHaveLength(2);
  });

  test("has no cluster for a subset that no rule defines, and no healthy upstream for one without pods", async () => {
    const { clock, route, rule, ask } = await start();
    await route([{ route: [to("stable", 90), to("canary", 10)] }]);
    await clock.advance(200);
    expect(ask().map(({ share, failure }) => [share, failure])).toEqual([
      [0.9, "NC"],
      [0.1, "NC"],
    ]);
    await rule([
      { name: "stable", labels: { app: "checkout" } },
      { name: "canary", labels: { run: "none" } },
    ]);
    await clock.advance(200);
    expect(ask().map(({ failure, pods }) => [failure, pods.length])).toEqual([
      [undefined, 2],
      ["UH", 0],
    ]);
  });

  test("gives a sole destination everything, and nothing to one without weight among several", async () => {
    const { clock, route, ask } = await start();
    await route([{ route: [to(undefined, 0)] }]);
    await clock.advance(200);
    expect(ask()).toMatchObject([{ share: 1, failure: undefined }]);
    await route([{ route: [to(undefined, 5), to("canary")] }]);
    await clock.advance(200);
    expect(ask()).toMatchObject([{ share: 1, subset: undefined }]);
  });

  test("takes the first route that matches, by path and headers; none is a 404", async () => {
    const { clock, route, ask, sim } = await start();
    await route([
      { match: [{ uri: { prefix: "/api" }, headers: { "x-user": { exact: "beta" } } }], route: [to("canary")] },
      { match: [{ uri: { exact: "/" } }], route: [to()] },
    ]);
    await clock.advance(200);
    expect(ask({ path: "/api/x", headers: { "x-user": "beta" } })[0]?.subset).toBe("canary");
    expect(ask()[0]?.subset).toBeUndefined();
    expect(ask({ path: "/api/x" })[0]?.failure).toBe("NR");
    sim.users.start({ host: "checkout", namespace: "shop", requestsPerSecond: 10, path: "/other" });
    await clock.advance(1_000);
    expect(sim.users.log[0]).toMatchObject({ status: 404, podName: "" });
  });

  test("meets users of a gateway by the VirtualServices that are bound to it", async () => {
    const { clock, route, ask } = await start();
    const outside = { host: "shop.example", gateway: "shop/edge" };
    expect(ask(outside)[0]?.failure).toBe("NR");
    await route([{ route: [to()] }], { hosts: ["shop.example", "checkout"], gateways: ["edge", "mesh"] });
    await clock.advance(200);
    expect(ask(outside)[0]?.pods).toHaveLength(2);
    expect(ask()[0]?.pods).toHaveLength(2);
  });

  test("lets the oldest VirtualService alone speak for a host", async () => {
    const { clock, alice, ask } = await start();
    await alice.create(virtualServices, {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: "another", namespace: "shop" },
      spec: { hosts: [host], http: [{ route: [to("canary")] }] },
    });
    await clock.advance(200);
    expect(ask()[0]?.subset).toBeUndefined();
  });

  test("hears of routes and rules apart, each after its own time", async () => {
    const { clock, route, rule, ask, sim } = await start();
    sim.mesh.setPropagation({ routesMs: 50, rulesMs: 3_000 });
    await rule([{ name: "stable", labels: { app: "checkout" } }]);
    await route([{ route: [to("stable")] }]);
    expect(ask()[0]?.subset).toBeUndefined();
    await clock.advance(100);
    expect(ask()[0]).toMatchObject({ subset: "stable", failure: "NC" });
    await clock.advance(3_000);
    expect(ask()[0]).toMatchObject({ subset: "stable", failure: undefined });
  });

  test("sends nobody to a pod that is not ready", async () => {
    const { clock, sim, ask } = await start();
    const name = sim.store.list("pods", "shop")[0]?.metadata.name ?? "";
    sim.kubelet.setReady({ namespace: "shop", name }, false);
    await clock.advance(200);
    expect(ask()[0]?.pods.map((pod) => pod.metadata.name)).not.toContain(name);
    sim.kubelet.setReady({ namespace: "shop", name }, true);
    await clock.advance(200);
    expect(ask()[0]?.pods).toHaveLength(2);
  });
});
