import type { KubeObject, ObjectRef } from "../kube/port.ts";
import { objectKey } from "../kube/resources.ts";

/** One step of a resource's history. Objects are shared: never change one. */
export interface Change {
  type: "ADDED" | "MODIFIED" | "DELETED";
  /** As "deployments.apps". */
  resource: string;
  version: number;
  object: KubeObject;
  /** The object before; undefined for ADDED. */
  previous: KubeObject | undefined;
}

/** An object and the resource it is of. */
export interface Stored {
  resource: string;
  object: KubeObject;
}

/** All objects of a cluster, one history of versions, and who depends on whom. Knows nothing of what a write may do. */
export interface Store {
  version(): number;
  get(resource: string, ref: ObjectRef): KubeObject | undefined;
  /** In the order of namespace and name. */
  list(resource: string, namespace?: string): KubeObject[];
  /** The same in no order, without making a list. */
  each(resource: string, namespace?: string): Iterable<KubeObject>;
  byUid(uid: string): Stored | undefined;
  /** What has an ownerReference to `uid`. */
  dependents(uid: string): Stored[];
  /** Stores it under the next version, which is written into it: pass a fresh object. */
  put(resource: string, object: KubeObject): KubeObject;
  /** Takes it away; the object given is its last state. */
  remove(resource: string, object: KubeObject): KubeObject;
  /** What happened to a resource after `version`; undefined when that is no longer known. */
  since(resource: string, version: number): Change[] | undefined;
  /** Told of every change, at once and in order. "*" for all resources. */
  onChange(resource: string, listener: (change: Change) => void): () => void;
  /** Forgets all history: every watch that comes back from before is told 410. */
  compact(): void;
}

interface Shelf {
  byNamespace: Map<string, Map<string, KubeObject>>;
  history: Change[];
  /** History before this version is gone. */
  compacted: number;
  listeners: Set<(change: Change) => void>;
}

/** @param historyLimit changes kept of each resource, for watches that come back. @default 2000 */
export function createStore({ historyLimit = 2_000 }: { historyLimit?: number } = {}): Store {
  const shelves = new Map<string, Shelf>();
  const uids = new Map<string, Stored>();
  const owned = new Map<string, Set<string>>();
  const everybody = new Set<(change: Change) => void>();
  let version = 1;
  let compactedAll = 0;

  function shelf(resource: string): Shelf {
    let found = shelves.get(resource);
    if (!found) {
      found = { byNamespace: new Map(), history: [], compacted: compactedAll, listeners: new Set() };
      shelves.set(resource, found);
    }
    return found;
  }

  function* each(resource: string, namespace?: string): Generator<KubeObject> {
    const { byNamespace } = shelf(resource);
    if (namespace !== undefined) yield* byNamespace.get(namespace)?.values() ?? [];
    else for (const named of byNamespace.values()) yield* named.values();
  }

  function index(stored: Stored, previous: KubeObject | undefined): void {
    const uid = stored.object.metadata.uid ?? "";
    const owners = (object: KubeObject | undefined) => object?.metadata.ownerReferences ?? [];
    if (owners(previous) !== owners(stored.object)) {
      for (const owner of owners(previous)) owned.get(owner.uid)?.delete(uid);
      for (const owner of owners(stored.object)) {
        const dependents = owned.get(owner.uid) ?? new Set();
        owned.set(owner.uid, dependents.add(uid));
      }
    }
    uids.set(uid, stored);
  }

  function record(kept: Shelf, change: Change): void {
    kept.history.push(change);
    // Cut in halves, so that the cost of cutting is spread over many writes.
    if (kept.history.length > 2 * historyLimit) {
      const dropped = kept.history.splice(0, kept.history.length - historyLimit);
      kept.compacted = dropped.at(-1)?.version ?? kept.compacted;
    }
    for (const listener of kept.listeners) listener(change);
    for (const listener of everybody) listener(change);
  }

  return {
    version: () => version,
    get: (resource, { namespace = "", name }) => shelf(resource).byNamespace.get(namespace)?.get(name),
    list(resource, namespace) {
      const found = [...each(resource, namespace)].map((object) => ({ object, key: objectKey(object.metadata) }));
      return found.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ object }) => object);
    },
    each,
    byUid: (uid) => uids.get(uid),
    dependents: (uid) => [...(owned.get(uid) ?? [])].flatMap((dependent) => uids.get(dependent) ?? []),
    put(resource, object) {
      const { namespace = "", name } = object.metadata;
      const kept = shelf(resource);
      const named = kept.byNamespace.get(namespace) ?? new Map<string, KubeObject>();
      kept.byNamespace.set(namespace, named);
      const previous = named.get(name);
      object.metadata.resourceVersion = String(++version);
      named.set(name, object);
      index({ resource, object }, previous);
      record(kept, { type: previous ? "MODIFIED" : "ADDED", resource, version, object, previous });
      return object;
    },
    remove(resource, object) {
      const { namespace = "", name, uid = "" } = object.metadata;
      const kept = shelf(resource);
      const previous = kept.byNamespace.get(namespace)?.get(name);
      kept.byNamespace.get(namespace)?.delete(name);
      uids.delete(uid);
      for (const owner of previous?.metadata.ownerReferences ?? []) owned.get(owner.uid)?.delete(uid);
      const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } };
      record(kept, { type: "DELETED", resource, version, object: last, previous });
      return last;
    },
    since(resource, from) {
      const { history, compacted } = shelf(resource);
      if (from < compacted) return undefined;
      let first = history.length;
      while (first > 0 && (history[first - 1] as Change).version > from) first--;
      return history.slice(first);
    },
    onChange(resource, listener) {
      const listeners = resource === "*" ? everybody : shelf(resource).listeners;
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    compact() {
      compactedAll = version;
      for (const kept of shelves.values()) {
        kept.history.length = 0;
        kept.compacted = version;
      }
    },
  };
}
