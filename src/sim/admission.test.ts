import { describe, expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { deployments, mutatingAdmissionPolicyBindings } from "../kube/resources.ts";
import { createManualClock } from "../manual-clock.ts";
import { seededRandom } from "./random.ts";
import { shopDeployment } from "./shop.ts";
import { createSim } from "./sim.ts";
import type { Deployment } from "./workload-types.ts";

const own = { namespace: "shop", name: "checkout" };

async function held(hold: "policy" | "none" = "policy") {
  const clock = createManualClock();
  const sim = createSim({ clock, random: seededRandom(3), hold });
  await sim.createShop("checkout", { replicas: 2 });
  await clock.advance(5_000);
  const sluice = sim.as("sluice");
  const alice = sim.as("user:alice");
  const annotate = { metadata: { annotations: { "sluice.dev/rollout": "checkout" } } };
  await sluice.patch(deployments, own, { type: "merge", patch: annotate });
  const image = (value: string) =>
    alice.patch(deployments, own, {
      type: "json",
      operations: [{ op: "replace", path: "/spec/template/spec/containers/0/image", value }],
    });
  const deployment = () => sim.store.get("deployments.apps", own) as Deployment;
  return { clock, sim, sluice, alice, image, deployment };
}

describe("the hold", () => {
  test("pauses in the very write that changes the template, and nothing at rest", async () => {
    const { clock, sim, alice, image, deployment } = await held();
    await alice.patch(deployments, own, { type: "merge", patch: { spec: { replicas: 3 } } });
    expect(deployment().spec.paused).toBeUndefined();
    expect((await image("shop/checkout:v2")) as Deployment).toMatchObject({ spec: { paused: true } });
    await clock.advance(10_000);
    expect(sim.store.list("replicasets.apps")).toHaveLength(1);
  });

  test("is kept through apply, replace, resume and a removed annotation by anyone but its owner", async () => {
    const { alice, sluice, image, deployment } = await held();
    await image("shop/checkout:v2");
    const merge = (patch: Record<string, unknown>) => alice.patch(deployments, own, { type: "merge", patch });
    await merge({ spec: { paused: false } });
    await merge({ spec: { paused: null } });
    await merge({ metadata: { annotations: { "sluice.dev/rollout": null } } });
    await alice.replace(deployments, shopDeployment("checkout", { replicas: 2, image: "shop/checkout:v3" }));
    const object = shopDeployment("checkout", { replicas: 2, image: "shop/checkout:v4" });
    const apply = () =>
      alice.patch(deployments, own, { type: "apply", object, force: true }, { fieldManager: "argocd" });
    await apply();
    await apply();
    expect(deployment().spec.paused).toBe(true);
    expect(deployment().metadata.annotations?.["sluice.dev/rollout"]).toBe("checkout");
    await sluice.patch(deployments, own, { type: "merge", patch: { spec: { paused: false } } });
    expect(deployment().spec.paused).toBe(false);
  });

  test("is gone with its binding, and where the kind is not served", async () => {
    const { sim, image } = await held();
    await sim.as("user:admin").delete(mutatingAdmissionPolicyBindings, { name: "sluice-hold" });
    expect(((await image("shop/checkout:v2")) as KubeObject & Deployment).spec.paused).toBeUndefined();
    const without = await held("none");
    expect(await without.sluice.discover("admissionregistration.k8s.io")).toEqual([]);
    expect(((await without.image("shop/checkout:v2")) as Deployment).spec.paused).toBeUndefined();
  });
});
