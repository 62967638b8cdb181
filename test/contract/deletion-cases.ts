import { describe, expect, test } from "vitest";
import { isConflict, isNotFound } from "../../src/kube/errors.ts";
import type { KubeObject, OwnerReference } from "../../src/kube/port.ts";
import { configMaps } from "../../src/kube/resources.ts";
import type { ContractContext } from "./kube-api-contract.ts";
import { configMap } from "./objects.ts";
import { watching } from "./watching.ts";

export function deletionCases({ api, namespace }: ContractContext): void {
  const refused = (promise: Promise<unknown>) =>
    promise.then(
      () => "accepted",
      (error: unknown) => error,
    );
  const create = (name: string, metadata: Partial<KubeObject["metadata"]> = {}) =>
    api().create(configMaps, configMap(namespace(), name, metadata));
  const get = (name: string) => api().get(configMaps, { namespace: namespace(), name });
  const finalizers = (object: KubeObject, list: string[]) =>
    api().patch(configMaps, object.metadata, { type: "merge", patch: { metadata: { finalizers: list } } });
  const watchFrom = (object: KubeObject) =>
    watching(api(), configMaps, { namespace: namespace(), resourceVersion: object.metadata.resourceVersion ?? "" });

  describe("a deletion", () => {
    test("holds to its preconditions", async () => {
      const created = await create("guarded");
      const wrongUid = api().delete(configMaps, created.metadata, {
        preconditions: { uid: "00000000-0000-0000-0000-000000000000" },
      });
      expect(await refused(wrongUid)).toSatisfy(isConflict);
      await api().patch(configMaps, created.metadata, { type: "merge", patch: { data: { k: "1" } } });
      const { uid = "", resourceVersion = "" } = created.metadata;
      expect(
        await refused(api().delete(configMaps, created.metadata, { preconditions: { resourceVersion } })),
      ).toSatisfy(isConflict);
      await api().delete(configMaps, created.metadata, { preconditions: { uid } });
      expect(await refused(get("guarded"))).toSatisfy(isNotFound);
    });

    test("waits for the last finalizer, and takes no new one", async () => {
      const created = await create("finalized", { finalizers: ["example.test/a", "example.test/b"] });
      await using watch = watchFrom(created);
      await api().delete(configMaps, created.metadata);
      const marked = await get("finalized");
      expect(marked.metadata.deletionTimestamp).toMatch(/Z$/);
      // Asking again changes nothing.
      await api().delete(configMaps, created.metadata);
      expect(await refused(finalizers(created, ["example.test/a", "example.test/b", "example.test/c"]))).toMatchObject({
        code: 422,
      });
      await finalizers(created, ["example.test/b"]);
      expect((await get("finalized")).metadata.finalizers).toEqual(["example.test/b"]);
      await finalizers(created, []);
      expect(await refused(get("finalized"))).toSatisfy(isNotFound);
      const events = await watch.until((event) => event.type === "DELETED");
      expect(events.map((event) => event.type)).toEqual(["MODIFIED", "MODIFIED", "DELETED"]);
    });

    test("leaves the name free for another object", async () => {
      const first = await create("reborn");
      await api().delete(configMaps, first.metadata);
      const second = await create("reborn");
      expect(second.metadata.uid).not.toBe(first.metadata.uid);
      const { uid = "" } = first.metadata;
      expect(await refused(api().delete(configMaps, first.metadata, { preconditions: { uid } }))).toSatisfy(isConflict);
    });
  });

  describe("garbage collection", () => {
    const ownedBy = (owner: KubeObject): { ownerReferences: OwnerReference[] } => {
      const { name, uid = "" } = owner.metadata;
      return { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name, uid, blockOwnerDeletion: true }] };
    };
    const gone = (name: string) => (event: { type: string; object: KubeObject }) =>
      event.type === "DELETED" && event.object.metadata.name === name;

    test("in the background takes the owner at once and what it owns after", async () => {
      const owner = await create("background-owner");
      const owned = await create("background-owned", ownedBy(owner));
      await using watch = watchFrom(owned);
      await api().delete(configMaps, owner.metadata, { propagationPolicy: "Background" });
      expect(await refused(get("background-owner"))).toSatisfy(isNotFound);
      await watch.until(gone("background-owned"));
    });

    test("in the foreground takes the owner last", async () => {
      const owner = await create("foreground-owner");
      const owned = await create("foreground-owned", ownedBy(owner));
      await using watch = watchFrom(owned);
      await api().delete(configMaps, owner.metadata, { propagationPolicy: "Foreground" });
      const events = await watch.until(gone("foreground-owner"));
      const deleted = events.filter((event) => event.type === "DELETED").map((event) => event.object.metadata.name);
      expect(deleted).toEqual(["foreground-owned", "foreground-owner"]);
    });

    test("as an orphan stays, without its owner", async () => {
      const owner = await create("orphan-owner");
      const owned = await create("orphan-owned", ownedBy(owner));
      await using watch = watchFrom(owned);
      await api().delete(configMaps, owner.metadata, { propagationPolicy: "Orphan" });
      await watch.until(gone("orphan-owner"));
      expect((await get("orphan-owned")).metadata.ownerReferences ?? []).toEqual([]);
    });

    test("keeps what still has another owner", async () => {
      const one = await create("shared-owner-1");
      const two = await create("shared-owner-2");
      const references = [...ownedBy(one).ownerReferences, ...ownedBy(two).ownerReferences];
      const owned = await create("shared-owned", { ownerReferences: references });
      await using watch = watchFrom(owned);
      await api().delete(configMaps, one.metadata, { propagationPolicy: "Background" });
      const events = await watch.until((event) => event.object.metadata.name === "shared-owned");
      expect(events.at(-1)).toMatchObject({
        type: "MODIFIED",
        object: { metadata: { ownerReferences: [{ name: "shared-owner-2" }] } },
      });
      await api().delete(configMaps, two.metadata, { propagationPolicy: "Background" });
      await watch.until(gone("shared-owned"));
    });
  });
}
