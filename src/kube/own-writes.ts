import type { Cache } from "./informer.ts";
import type { DeleteOptions, KubeApi, KubeObject, ObjectRef, Resource } from "./port.ts";
import { compareResourceVersions } from "./resource-version.ts";
import { keyOf, objectKey, resourceName } from "./resources.ts";

/** How a cache shows one object, and how far into history it has seen. */
export interface Seen {
  uid?: string | undefined;
  /** undefined: the cache has no such object. */
  resourceVersion: string | undefined;
  /** The cache's own progress (`cache.resourceVersion()`); settles what an absent object means. */
  cacheResourceVersion?: string | undefined;
}

/** What this process wrote and has not yet seen come back: a cache older than that must not be decided on. */
export interface OwnWrites {
  /** The object as a write returned it. An older one than the last is ignored. */
  record(resource: Resource, object: KubeObject): void;
  /** A delete that the server accepted: the cache is stale while it shows this uid without a deletionTimestamp. */
  recordDelete(resource: Resource, ref: ObjectRef, uid: string | undefined): void;
  /** What a watch or list has shown; only needed where resourceVersions cannot be compared. */
  observe(resource: Resource, kind: "added" | "updated" | "deleted", object: Pick<KubeObject, "metadata">): void;
  /** Whether the cache is older than our own last write to this object. Forgets the write once it is not. */
  isStale(resource: Resource, ref: ObjectRef, seen: Seen): boolean;
  /** The same, asked of the cache itself. */
  isStaleIn(cache: Pick<Cache, "resource" | "get" | "resourceVersion">, ref: ObjectRef): boolean;
  /** Writes that have not been seen yet. */
  pending(): number;
}

interface Write {
  uid: string | undefined;
  resourceVersion: string;
}

/** One for the process: keyed by kind (whatever the version) and object. */
export function createOwnWrites(): OwnWrites {
  const writes = new Map<string, Write>();
  const deletes = new Map<string, string>();
  const at = (resource: Resource, key: string) => `${resourceName(resource)} ${key}`;

  function isStale(resource: Resource, ref: ObjectRef, seen: Seen): boolean {
    const key = at(resource, objectKey(ref));
    const write = writes.get(key);
    if (!write) return false;
    if (hasShown(write, seen)) {
      writes.delete(key);
      return false;
    }
    return true;
  }

  return {
    record(resource, object) {
      const key = at(resource, keyOf(object));
      const { uid, resourceVersion } = object.metadata;
      if (resourceVersion === undefined) return;
      const before = writes.get(key);
      // Answers may overtake each other.
      if (before && (compareResourceVersions(resourceVersion, before.resourceVersion) ?? 1) < 0) return;
      writes.set(key, { uid, resourceVersion });
    },
    recordDelete(resource, ref, uid) {
      if (uid !== undefined) deletes.set(at(resource, objectKey(ref)), uid);
    },
    observe(resource, kind, object) {
      const key = at(resource, keyOf(object));
      if (kind === "deleted" || object.metadata.deletionTimestamp !== undefined) {
        if (deletes.get(key) === object.metadata.uid) deletes.delete(key);
      }
      const write = writes.get(key);
      if (!write) return;
      const { uid, resourceVersion } = object.metadata;
      const ends = kind === "deleted" && uid === write.uid;
      // A delete is only ever told of the newest state, so nothing older can follow it.
      if (ends || hasShown(write, { uid, resourceVersion })) writes.delete(key);
    },
    isStale,
    isStaleIn(cache, ref) {
      const object = cache.get(ref.namespace, ref.name);
      const key = at(cache.resource, objectKey(ref));
      const deleted = deletes.get(key);
      if (deleted !== undefined) {
        if (object?.metadata.uid === deleted && object.metadata.deletionTimestamp === undefined) return true;
        deletes.delete(key);
      }
      const { uid, resourceVersion } = object?.metadata ?? {};
      return isStale(cache.resource, ref, { uid, resourceVersion, cacheResourceVersion: cache.resourceVersion() });
    },
    pending: () => writes.size + deletes.size,
  };
}

function hasShown(write: Write, seen: Seen): boolean {
  const { resourceVersion, cacheResourceVersion } = seen;
  if (
    cacheResourceVersion !== undefined &&
    (compareResourceVersions(cacheResourceVersion, write.resourceVersion) ?? -1) >= 0
  ) {
    return true;
  }
  if (resourceVersion === undefined) return false;
  const order = compareResourceVersions(resourceVersion, write.resourceVersion);
  if (order !== undefined) return order >= 0;
  // Versions that cannot be compared: another object of that name is taken for a later one.
  return seen.uid !== undefined && write.uid !== undefined && seen.uid !== write.uid;
}

/**
 * `api` with a memory: what its writes return is recorded, and put into the cache of its kind at once.
 * Dry runs change nothing and are not recorded.
 */
export function rememberWrites(
  api: KubeApi,
  ownWrites: OwnWrites,
  cacheOf: (resource: Resource) => Pick<Cache, "put" | "get"> | undefined,
): KubeApi {
  function remember(resource: Resource, object: KubeObject, dryRun: boolean | undefined): KubeObject {
    if (dryRun) return object;
    ownWrites.record(resource, object);
    cacheOf(resource)?.put(object);
    return object;
  }
  return {
    get: (resource, ref, options) => api.get(resource, ref, options),
    list: (resource, options) => api.list(resource, options),
    watch: (resource, options) => api.watch(resource, options),
    discover: (group) => api.discover(group),
    async create(resource, object, options) {
      return remember(resource, await api.create(resource, object, options), options?.dryRun);
    },
    async replace(resource, object, options) {
      return remember(resource, await api.replace(resource, object, options), options?.dryRun);
    },
    async patch(resource, ref, body, options) {
      const object = await api.patch(resource, ref, body, options);
      // A scale subresource answers with a Scale, which is no object of this kind.
      return options?.subresource === "scale" ? object : remember(resource, object, options?.dryRun);
    },
    async delete(resource, ref, options: DeleteOptions = {}) {
      const uid = options.preconditions?.uid ?? cacheOf(resource)?.get(ref.namespace, ref.name)?.metadata.uid;
      await api.delete(resource, ref, options);
      ownWrites.recordDelete(resource, ref, uid);
    },
  };
}
