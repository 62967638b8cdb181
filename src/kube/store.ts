import type { ObjectMeta } from "./port.ts";
import { keyOf } from "./resources.ts";

/** What a cache keeps of an object: at least its metadata, with uid and resourceVersion. */
export interface CachedObject {
  metadata: ObjectMeta;
}

/** Where an object is found in an index: its keys there, [] for nowhere. */
export type IndexFunction<T> = (object: T) => readonly string[];

export interface Store<T> {
  get(key: string): T | undefined;
  list(filter?: (object: T) => boolean): T[];
  keys(): IterableIterator<string>;
  set(object: T): void;
  remove(key: string): void;
  size(): number;
  addIndex(name: string, fn: IndexFunction<T>): void;
  byIndex(name: string, key: string): T[];
}

interface Index<T> {
  fn: IndexFunction<T>;
  /** Index key to object keys. */
  entries: Map<string, Set<string>>;
}

/** Objects by "namespace/name", and by the indexes that were added; an index added late covers what is there already. */
export function createStore<T extends CachedObject>(): Store<T> {
  const objects = new Map<string, T>();
  const indexes = new Map<string, Index<T>>();

  function enter(index: Index<T>, key: string, object: T): void {
    for (const at of index.fn(object)) {
      const keys = index.entries.get(at);
      if (keys) keys.add(key);
      else index.entries.set(at, new Set([key]));
    }
  }

  function leave(index: Index<T>, key: string, object: T): void {
    for (const at of index.fn(object)) {
      const keys = index.entries.get(at);
      keys?.delete(key);
      if (keys?.size === 0) index.entries.delete(at);
    }
  }

  function remove(key: string): void {
    const object = objects.get(key);
    if (object === undefined) return;
    for (const index of indexes.values()) leave(index, key, object);
    objects.delete(key);
  }

  return {
    get: (key) => objects.get(key),
    list(filter) {
      const all = [...objects.values()];
      return filter ? all.filter(filter) : all;
    },
    keys: () => objects.keys(),
    set(object) {
      const key = keyOf(object);
      remove(key);
      objects.set(key, object);
      for (const index of indexes.values()) enter(index, key, object);
    },
    remove,
    size: () => objects.size,
    addIndex(name, fn) {
      if (indexes.has(name)) throw new TypeError(`the index ${JSON.stringify(name)} exists already`);
      const index: Index<T> = { fn, entries: new Map() };
      indexes.set(name, index);
      for (const [key, object] of objects) enter(index, key, object);
    },
    byIndex(name, key) {
      const index = indexes.get(name);
      if (!index) throw new TypeError(`there is no index ${JSON.stringify(name)}`);
      const found: T[] = [];
      for (const objectKey of index.entries.get(key) ?? []) {
        const object = objects.get(objectKey);
        if (object !== undefined) found.push(object);
      }
      return found;
    },
  };
}
