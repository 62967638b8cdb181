import { ApiError } from "../kube/errors.ts";
import type { DeleteOptions, KubeObject, OwnerReference } from "../kube/port.ts";
import { bySystem, type Cluster } from "./cluster.ts";
import { at } from "./json.ts";
import { createReconciler } from "./reconciler.ts";
import type { Stored } from "./store.ts";

const FOREGROUND = "foregroundDeletion";
const ORPHAN = "orphan";
const RETRY_MS = 1_000;

function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers?.includes(finalizer) ?? false);
}

/** Kubernetes' garbage collector, and the namespace controller's part of it: what goes when its owner or its namespace goes. */
export function startGarbageCollector(cluster: Cluster, reactionMs: number): void {
  const { store, server, kinds, timeline } = cluster;
  /** By the uid of what lost an owner, is going, or has one that is. */
  const queue = createReconciler(timeline, reactionMs, (uid) =>
    tolerant(
      () => sync(uid),
      () => queue.addAfter(uid, RETRY_MS),
    ),
  );
  const namespaces = createReconciler(timeline, reactionMs, (name) =>
    tolerant(
      () => finishNamespace(name),
      () => namespaces.addAfter(name, RETRY_MS),
    ),
  );

  store.onChange("*", ({ type, resource, object, previous }) => {
    const { uid = "", ownerReferences = [], deletionTimestamp, namespace } = object.metadata;
    if (type === "DELETED") {
      for (const dependent of store.dependents(uid)) queue.add(dependent.object.metadata.uid ?? "");
      for (const owner of ownerReferences) queue.add(owner.uid);
      const home = namespace === undefined ? undefined : store.get("namespaces", { name: namespace });
      if (home?.metadata.deletionTimestamp !== undefined) namespaces.add(namespace ?? "");
      return;
    }
    if (ownerReferences.length > 0 && previous?.metadata.ownerReferences !== ownerReferences) queue.add(uid);
    if (deletionTimestamp === undefined) return;
    queue.add(uid);
    if (resource === "namespaces") namespaces.add(object.metadata.name);
  });

  /** A refusal is met by trying again. */
  function tolerant(run: () => void, again: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      again();
    }
  }

  function sync(uid: string): void {
    const stored = store.byUid(uid);
    if (!stored) return;
    if (hasFinalizer(stored.object, ORPHAN)) orphanDependents(stored);
    if (hasFinalizer(stored.object, FOREGROUND)) deleteDependents(stored);
    const owners = stored.object.metadata.ownerReferences ?? [];
    if (owners.length > 0 && stored.object.metadata.deletionTimestamp === undefined) judge(stored, owners);
  }

  /** An object goes when none of its owners is left; owners that are only going count as gone when they wait for it. */
  function judge(stored: Stored, owners: readonly OwnerReference[]): void {
    const { namespace, uid = "" } = stored.object.metadata;
    const found = owners.map((owner) => {
      const object = store.byUid(owner.uid)?.object;
      const isInReach =
        object !== undefined && (object.metadata.namespace === undefined || object.metadata.namespace === namespace);
      return isInReach ? object : undefined;
    });
    const isSolid = (owner: KubeObject | undefined) => owner !== undefined && !hasFinalizer(owner, FOREGROUND);
    if (found.some(isSolid)) {
      const kept = owners.filter((_, index) => isSolid(found[index]));
      if (kept.length < owners.length) setOwners(stored, kept);
      return;
    }
    const isWaitedFor = found.some((owner) => owner !== undefined);
    const propagationPolicy = isWaitedFor && store.dependents(uid).length > 0 ? "Foreground" : "Background";
    remove(stored, { propagationPolicy, preconditions: { uid } });
  }

  function remove({ resource, object }: Stored, options?: DeleteOptions): void {
    const kind = kinds.byName(resource);
    if (kind) server.remove(kind, object.metadata, options);
  }

  function deleteDependents(stored: Stored): void {
    const dependents = store.dependents(stored.object.metadata.uid ?? "");
    for (const dependent of dependents) queue.add(dependent.object.metadata.uid ?? "");
    const isBlocked = dependents.some(({ object }) =>
      object.metadata.ownerReferences?.some(
        (owner) => owner.uid === stored.object.metadata.uid && owner.blockOwnerDeletion,
      ),
    );
    if (!isBlocked) dropFinalizer(stored, FOREGROUND);
  }

  function orphanDependents(stored: Stored): void {
    const { uid = "" } = stored.object.metadata;
    for (const dependent of store.dependents(uid)) {
      const owners = dependent.object.metadata.ownerReferences ?? [];
      setOwners(
        dependent,
        owners.filter((owner) => owner.uid !== uid),
      );
    }
    dropFinalizer(stored, ORPHAN);
  }

  function setOwners({ resource, object }: Stored, owners: OwnerReference[]): void {
    const kind = kinds.byName(resource);
    if (kind) server.modify(kind, object.metadata, (copy) => void (copy.metadata.ownerReferences = owners), bySystem);
  }

  function dropFinalizer({ resource, object }: Stored, finalizer: string): void {
    const kind = kinds.byName(resource);
    if (!kind || !store.byUid(object.metadata.uid ?? "")) return;
    const drop = (copy: KubeObject) => {
      copy.metadata.finalizers = (copy.metadata.finalizers ?? []).filter((known) => known !== finalizer);
    };
    server.modify(kind, object.metadata, drop, bySystem);
  }

  function finishNamespace(name: string): void {
    const home = store.get("namespaces", { name });
    if (home?.metadata.deletionTimestamp === undefined) return;
    let left = 0;
    for (const kind of kinds.all()) {
      if (!kind.versions[0]?.namespaced) continue;
      for (const object of store.list(kind.name, name)) {
        left++;
        if (object.metadata.deletionTimestamp === undefined) remove({ resource: kind.name, object });
      }
    }
    const finalizers = at(home, "spec", "finalizers");
    if (left === 0 && Array.isArray(finalizers) && finalizers.length > 0) {
      store.remove("namespaces", { ...home, spec: { finalizers: [] } });
    }
  }
}
