import { describe, expect, test } from "vitest";
import { deployments } from "../../src/kube/resources.ts";
import { type DeployLab, deployment, heldBy, namespace, pausedOf, ref } from "./deploy-lab.ts";

const unpause = { type: "merge" as const, patch: { spec: { paused: null } } };

/** A Deployment that is held, in the hands of its user. */
export function holdCases(open: () => DeployLab): void {
  describe("the hold", () => {
    test("pauses a Deployment in the write that changes its template, and only then", async () => {
      const { alice, ship } = open();
      const scaled = await alice.patch(deployments, ref, { type: "merge", patch: { spec: { replicas: 3 } } });
      expect(pausedOf(scaled)).toBeUndefined();
      expect(pausedOf(await ship("v2"))).toBe(true);
    });

    test("is opened by nobody but Sluice", async () => {
      const { alice, sluice, ship } = open();
      await ship("v3");
      expect(pausedOf(await alice.patch(deployments, ref, unpause))).toBe(true);
      const applied = deployment("shop/checkout:v3", { paused: false });
      const body = { type: "apply" as const, object: { ...applied, metadata: { ...ref } }, force: true };
      expect(pausedOf(await alice.patch(deployments, ref, body, { fieldManager: "argocd" }))).toBe(true);
      const live = await alice.get(deployments, ref);
      const replaced = {
        ...live,
        metadata: { ...live.metadata, annotations: {} },
        spec: { ...(live["spec"] as object), paused: false },
      };
      const after = await alice.replace(deployments, replaced);
      expect([pausedOf(after), after.metadata.annotations?.[heldBy]]).toEqual([true, "checkout"]);
      expect(pausedOf(await sluice.patch(deployments, ref, unpause))).toBeUndefined();
    });

    test("keeps its mark", async () => {
      const { alice } = open();
      const removed = await alice.patch(deployments, ref, {
        type: "merge",
        patch: { metadata: { annotations: { [heldBy]: null } } },
      });
      expect(removed.metadata.annotations?.[heldBy]).toBe("checkout");
      const renamed = await alice.patch(deployments, ref, {
        type: "merge",
        patch: { metadata: { annotations: { [heldBy]: "other" } } },
      });
      expect(renamed.metadata.annotations?.[heldBy]).toBe("checkout");
    });

    test("leaves other Deployments alone", async () => {
      const { alice } = open();
      const free = deployment("shop/free:v1");
      free.metadata = { name: "free", namespace };
      await alice.create(deployments, free);
      const patch = [{ op: "replace" as const, path: "/spec/template/spec/containers/0/image", value: "shop/free:v2" }];
      const changed = await alice.patch(deployments, { namespace, name: "free" }, { type: "json", operations: patch });
      expect(pausedOf(changed)).toBeUndefined();
    });
  });
}
