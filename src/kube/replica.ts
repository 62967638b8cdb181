import type { KubeObject, WatchEvent } from "./port.ts";
import { compareResourceVersions, isAtLeast } from "./resource-version.ts";
import { keyOf } from "./resources.ts";
import type { Snapshot } from "./list-all.ts";
import { type CachedObject, createStore, type Store } from "./store.ts";

export type ChangeKind = "added" | "updated" | "deleted";

export interface Change<T> {
  kind: ChangeKind;
  object: T;
}

/**
 * A copy of the server's objects, kept right by rules about resourceVersions alone (no time, no I/O), whichever order lists,
 * events and answers to our own writes arrive in:
 *
 * - an object is only ever replaced by a newer one;
 * - an event that is not newer than the last list is part of that list and changes nothing;
 * - an answer to a write that is not newer than the events seen, of an object that is not here, is of one deleted since.
 */
export interface Replica<T> {
  readonly store: Store<T>;
  /** The server's history as far as events, bookmarks and lists have shown it; undefined before the first list. */
  progress(): string | undefined;
  /** How often `replaceAll` was called: a comparison begun before the last one is void. */
  lists(): number;
  /** Applies an event that is not an ERROR. */
  apply(event: Exclude<WatchEvent, { type: "ERROR" }>): Change<T>[];
  /** The answer to a write of this process. */
  put(object: KubeObject): Change<T>[];
  /** Marks the start of a list, so that what happens until its end can be told from what the list should have shown. */
  beginList(): void;
  /** Makes the copy equal to the list, except for what this process wrote since it began. */
  replaceAll(snapshot: Snapshot): Change<T>[];
  /**
   * Holds a list taken beside a running watch against the copy and takes over what is newer. `suspects` counts what no event has
   * told of yet. "incomparable": the versions say nothing, or the server's history went backwards; list anew without a watch.
   */
  compare(snapshot: Snapshot): { kind: "compared"; changes: Change<T>[]; suspects: number } | { kind: "incomparable" };
  /** How many suspects no event told of. Undefined while the watch may still do so; `force` asks for the number as it is. Answers once. */
  takeMisses(force: boolean): number | undefined;
}

/** @param transform keeps what is used; undefined for an object that cannot be read: it is left out */
export function createReplica<T extends CachedObject>(transform: (object: KubeObject) => T | undefined): Replica<T> {
  const store = createStore<T>();
  let progress: string | undefined;
  let lists = 0;
  /** The last list covers everything up to here. */
  let floor: string | undefined;
  /** While a list is in flight: what was written by us, and deleted (key to version), since it began. */
  let sinceList: { progress: string | undefined; written: Set<string>; deleted: Map<string, string> } | undefined;
  /** What a comparison found that no event had told of: key to the version that an event must reach, or "gone" until one deletes it. */
  let check: { upTo: string; suspects: Map<string, string> } | undefined;

  function set(object: KubeObject, changes: Change<T>[]): void {
    const kept = transform(object);
    if (kept === undefined) return;
    const kind = store.get(keyOf(object)) === undefined ? "added" : "updated";
    store.set(kept);
    changes.push({ kind, object: kept });
  }

  function drop(key: string, changes: Change<T>[]): void {
    const object = store.get(key);
    if (object === undefined) return;
    store.remove(key);
    changes.push({ kind: "deleted", object });
  }

  /** As `compareResourceVersions` of `version` against the copy's; 1 when the copy has none. */
  function against(key: string, version: string): number | undefined {
    const cached = store.get(key);
    return cached === undefined ? 1 : compareResourceVersions(version, versionOf(cached));
  }

  return {
    store,
    progress: () => progress,
    lists: () => lists,

    apply(event) {
      const changes: Change<T>[] = [];
      const version = event.type === "BOOKMARK" ? event.resourceVersion : versionOf(event.object);
      progress = version;
      if (event.type === "BOOKMARK") return changes;
      const key = keyOf(event.object);
      const suspect = check?.suspects.get(key);
      const told = suspect === "gone" ? event.type === "DELETED" : suspect !== undefined && isAtLeast(version, suspect);
      if (told) check?.suspects.delete(key);
      if (event.type === "DELETED") sinceList?.deleted.set(key, version);
      if (floor !== undefined && isAtLeast(floor, version)) return changes;
      const order = against(key, version);
      if (event.type === "DELETED") {
        if (order === undefined || order >= 0) drop(key, changes);
      } else if (order === undefined || order > 0) {
        set(event.object, changes);
      }
      return changes;
    },

    put(object) {
      const changes: Change<T>[] = [];
      const key = keyOf(object);
      const version = versionOf(object);
      // Before the first list there is nothing to keep up to date: the list will show it.
      if (progress === undefined || floor === undefined) return changes;
      const seen = isAtLeast(floor, progress) ? floor : progress;
      if (store.get(key) === undefined && isAtLeast(seen, version)) return changes;
      const order = against(key, version);
      // Incomparable: the watch will say; taking it could put an older object over a newer one for good.
      if (order === undefined || order <= 0) return changes;
      sinceList?.written.add(key);
      set(object, changes);
      return changes;
    },

    beginList() {
      sinceList = { progress, written: new Set(), deleted: new Map() };
    },

    replaceAll(snapshot) {
      const changes: Change<T>[] = [];
      const written = sinceList?.written ?? new Set<string>();
      const ours = (key: string, version: string) => written.has(key) && (against(key, version) ?? 1) < 0;
      const listed = new Set<string>();
      for (const object of snapshot.items) {
        const key = keyOf(object);
        listed.add(key);
        const version = versionOf(object);
        if (against(key, version) !== 0 && !ours(key, version)) set(object, changes);
      }
      for (const key of store.keys()) {
        if (!listed.has(key) && !ours(key, snapshot.resourceVersion)) drop(key, changes);
      }
      progress = floor = snapshot.resourceVersion;
      sinceList = check = undefined;
      lists++;
      return changes;
    },

    compare(snapshot) {
      const { progress: before, deleted } = sinceList ?? { progress, deleted: new Map<string, string>() };
      sinceList = undefined;
      const upTo = snapshot.resourceVersion;
      if (before === undefined || !isAtLeast(upTo, before)) return { kind: "incomparable" };
      const changes: Change<T>[] = [];
      const suspects = new Map<string, string>();
      const listed = new Set<string>();
      for (const object of snapshot.items) {
        const key = keyOf(object);
        listed.add(key);
        const version = versionOf(object);
        const gone = deleted.get(key);
        if (gone !== undefined && isAtLeast(gone, version)) continue;
        if ((against(key, version) ?? 0) <= 0) continue;
        suspects.set(key, version);
        set(object, changes);
      }
      for (const key of store.keys()) {
        if (listed.has(key) || (against(key, upTo) ?? 0) < 0) continue;
        suspects.set(key, "gone");
        drop(key, changes);
      }
      floor = upTo;
      check = { upTo, suspects };
      return { kind: "compared", changes, suspects: suspects.size };
    },

    takeMisses(force) {
      if (!check || progress === undefined) return undefined;
      if (!force && check.suspects.size > 0 && !isAtLeast(progress, check.upTo)) return undefined;
      const misses = check.suspects.size;
      check = undefined;
      return misses;
    },
  };
}

function versionOf(object: CachedObject): string {
  return object.metadata.resourceVersion ?? "";
}
