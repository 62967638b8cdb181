import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ApiError } from "../kube/errors.ts";
import { createInformer } from "../kube/informer.ts";
import { silentLog } from "../kube/log.ts";
import type { KubeObject } from "../kube/port.ts";
import { configMaps, deployments, namespaces, selfSubjectAccessReviews } from "../kube/resources.ts";
import { createManualClock } from "../manual-clock.ts";
import { rollouts, virtualServices } from "./kinds.ts";
import { seededRandom } from "./random.ts";
import { shopDeployment } from "./shop.ts";
import { createSim } from "./sim.ts";

async function start() {
  const clock = createManualClock();
  const sim = createSim({ clock, random: seededRandom(9) });
  await sim.createShop("checkout");
  return { clock, sim, alice: sim.as("user:alice") };
}

const twoLines = `
apiVersion: sluice.dev/v1alpha1
kind: Rollout
metadata: {name: checkout, namespace: shop}
spec:
  workload: {name: checkout}
  traffic: {istio: {virtualServices: [{name: checkout}]}}
`;

function rollout(change: (spec: Record<string, unknown>) => void = () => {}): KubeObject {
  const object = parse(twoLines) as KubeObject;
  change(object["spec"] as Record<string, unknown>);
  return object;
}

function configMap(name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data };
}

describe("a Rollout", () => {
  test("of two lines is taken, with the defaults that no policy could give", async () => {
    const { alice } = await start();
    const created = await alice.create(rollouts, rollout());
    expect(created).toMatchObject({
      metadata: { generation: 1 },
      spec: { historyLimit: 10, workload: { kind: "Deployment" } },
      status: { observedGeneration: -1 },
    });
    expect(created["spec"]).not.toHaveProperty("analysis");
    const again = await alice.get(rollouts, created.metadata);
    expect(again).toEqual(created);
  });

  test("that is wrong is refused with the field's name", async () => {
    const { alice } = await start();
    const bare = alice.create(
      rollouts,
      rollout((spec) => void (spec["progressDeadline"] = 5)),
    );
    const message = expect.stringContaining("spec.progressDeadline");
    await expect(bare).rejects.toMatchObject({ code: 422, reason: "Invalid", message });
  });

  test("with a field that nobody knows loses it, or is refused when the request is strict", async () => {
    const { alice } = await start();
    const wrong = rollout((spec) => void (spec["stepz"] = []));
    const strict = alice.create(rollouts, wrong, { fieldValidation: "Strict", dryRun: true });
    await expect(strict).rejects.toMatchObject({ code: 400, message: expect.stringContaining('"spec.stepz"') });
    const created = await alice.create(rollouts, wrong);
    expect(created["spec"]).not.toHaveProperty("stepz");
  });

  test("is replaced only with its newest version", async () => {
    const { alice } = await start();
    await alice.create(rollouts, rollout());
    await expect(alice.replace(rollouts, rollout())).rejects.toMatchObject({ code: 422 });
  });
});

describe("ownership of fields", () => {
  test("goes to the last who changed a route, and an apply that would take it back conflicts", async () => {
    const { sim, alice } = await start();
    const ref = { namespace: "shop", name: "checkout" };
    const git = (weight: number) => ({
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: ref,
      spec: { hosts: ["checkout"], http: [{ name: "main", route: [{ destination: { host: "checkout" }, weight }] }] },
    });
    const apply = (weight: number, force = false) =>
      alice.patch(virtualServices, ref, { type: "apply", object: git(weight), force }, { fieldManager: "argocd" });
    await apply(100, true);
    const sluice = sim.as("sluice");
    const operations = [{ op: "replace", path: "/spec/http/0/route/0/weight", value: 50 }] as const;
    const patched = await sluice.patch(virtualServices, ref, { type: "json", operations });
    const owners = (object: KubeObject) =>
      (object.metadata.managedFields ?? [])
        .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes("f:http"))
        .map(({ manager, operation }) => `${manager} ${operation}`);
    expect(owners(patched)).toEqual(["sluice Update"]);
    await expect(apply(100)).rejects.toMatchObject({ code: 409, message: expect.stringContaining(".spec.http") });
    expect(owners(await apply(100, true))).toEqual(["argocd Apply"]);
  });

  test("of `paused` stays with Sluice when a user applies a Deployment again", async () => {
    const { sim, alice } = await start();
    const object = shopDeployment("checkout", { image: "shop/checkout:v2" });
    const apply = () =>
      alice.patch(deployments, object.metadata, { type: "apply", object, force: true }, { fieldManager: "kubectl" });
    await apply();
    await sim.as("sluice").patch(deployments, object.metadata, { type: "merge", patch: { spec: { paused: true } } });
    const again = await apply();
    expect(again["spec"]).toMatchObject({ paused: true });
  });
});

describe("the API", () => {
  test("serves Istio's kinds in every version, one object", async () => {
    const { alice } = await start();
    const served = await alice.discover("networking.istio.io");
    expect(served.map(({ version, kind }) => `${version} ${kind}`).slice(0, 4)).toEqual([
      "v1 VirtualService",
      "v1 DestinationRule",
      "v1 Gateway",
      "v1beta1 VirtualService",
    ]);
    const old = await alice.get({ ...virtualServices, version: "v1beta1" }, { namespace: "shop", name: "checkout" });
    expect(old.apiVersion).toBe("networking.istio.io/v1beta1");
  });

  test("allows what is asked by a SelfSubjectAccessReview", async () => {
    const { alice } = await start();
    const review = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", metadata: { name: "" } };
    expect(await alice.create(selfSubjectAccessReviews, review)).toMatchObject({ status: { allowed: true } });
  });

  test("scales by the subresource, which counts a generation", async () => {
    const { alice } = await start();
    const ref = { namespace: "shop", name: "checkout" };
    const scale = await alice.patch(
      deployments,
      ref,
      { type: "merge", patch: { spec: { replicas: 7 } } },
      { subresource: "scale" },
    );
    expect(scale).toMatchObject({ kind: "Scale", spec: { replicas: 7 }, status: { selector: "app=checkout" } });
    expect(await alice.get(deployments, ref)).toMatchObject({ spec: { replicas: 7 }, metadata: { generation: 2 } });
  });

  test.each(["Background", "Foreground", "Orphan"] as const)(
    "takes a namespace (%s) away with all that is in it",
    async (propagationPolicy) => {
      const { clock, sim, alice } = await start();
      await clock.advance(5_000);
      await alice.create(configMaps, {
        ...configMap("kept"),
        metadata: { ...configMap("kept").metadata, finalizers: ["a/b"] },
      });
      await alice.delete(namespaces, { name: "shop" }, { propagationPolicy });
      await expect(alice.create(configMaps, configMap("late"))).rejects.toMatchObject({ code: 403 });
      await clock.advance(5_000);
      expect(sim.store.list("pods", "shop")).toEqual([]);
      expect(sim.store.get("namespaces", { name: "shop" })).toBeDefined();
      await alice.patch(
        configMaps,
        { namespace: "shop", name: "kept" },
        { type: "merge", patch: { metadata: { finalizers: null } } },
      );
      await clock.advance(1_000);
      expect(sim.store.get("namespaces", { name: "shop" })).toBeUndefined();
    },
  );

  test("may fail before a write, or lose the answer after it", async () => {
    const { sim, alice } = await start();
    const error = new ApiError(0, "Network", "the connection broke");
    sim.setFault(({ verb }) => (verb === "create" ? { error, afterwards: true } : undefined));
    await expect(alice.create(configMaps, configMap("lost"))).rejects.toBe(error);
    sim.setFault(({ name }) => (name === "refused" ? { error } : undefined));
    await expect(alice.create(configMaps, configMap("refused"))).rejects.toBe(error);
    expect((await alice.list(configMaps, { namespace: "shop" })).items.map(({ metadata }) => metadata.name)).toEqual([
      "lost",
    ]);
  });
});

describe("an informer on the simulator", () => {
  test("keeps up through late events, broken watches and lost history", async () => {
    const { clock, sim, alice } = await start();
    const cache = createInformer({
      api: sim.as("sluice"),
      resource: configMaps,
      clock,
      random: seededRandom(1),
      log: silentLog,
      transform: (object) => object,
    });
    await cache.whenSynced();
    sim.setWatchDelay(500);
    await alice.create(configMaps, configMap("late"));
    await clock.advance(400);
    expect(cache.size()).toBe(0);
    await clock.advance(200);
    expect(cache.size()).toBe(1);
    sim.setWatchDelay(0);
    sim.breakWatches(new ApiError(0, "Network", "reset"));
    await alice.create(configMaps, configMap("between"));
    sim.store.compact();
    await alice.create(configMaps, configMap("after"));
    await clock.advance(10_000);
    expect(
      cache
        .list()
        .map(({ metadata }) => metadata.name)
        .toSorted(),
    ).toEqual(["after", "between", "late"]);
    await clock.advance(3_600_000);
    expect(cache.size()).toBe(3);
    await cache.stop();
  });
});
