import type { KubeObject } from "../../../../src/kube/port.ts";

/** One change to a manifest in order, and what comes of it. */
export interface Mutation {
  name: string;
  change(object: KubeObject): void;
  /** What Istio, or the API server by the Gateway API's definitions, says to the result. */
  oracle: "takes" | "refuses";
  /** Why lint has no opinion where the oracle refuses. */
  silent?: string;
  /** Checks that tell something of the result which the oracle does not judge. */
  tells?: readonly string[];
}

export type Change = (object: KubeObject) => void;

export const takes = (name: string, change: Change, ...tells: string[]): Mutation => ({
  name,
  change,
  oracle: "takes",
  ...(tells.length === 0 ? {} : { tells }),
});

export const refuses = (name: string, change: Change, ...tells: string[]): Mutation => ({
  name,
  change,
  oracle: "refuses",
  ...(tells.length === 0 ? {} : { tells }),
});

/** The oracle refuses it, and lint has no opinion. */
export const beyond = (name: string, change: Change, silent: string): Mutation => ({
  name,
  change,
  oracle: "refuses",
  silent,
});

/** Puts a value at "http[0].route[1].weight" of the spec; what is missing on the way is made. */
export function set(path: string, value: unknown): Change {
  return (object) => put(object, ["spec", ...keysOf(path)], value);
}

/** The same with a path from the top: "metadata.name". */
export function setAt(path: readonly (string | number)[], value: unknown): Change {
  return (object) => put(object, path, value);
}

export function drop(path: string): Change {
  return (object) => {
    const keys = ["spec", ...keysOf(path)];
    const last = keys.pop() ?? "";
    const holder = keys.reduce<unknown>((here, key) => (here as Record<string | number, unknown>)[key], object);
    if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else delete (holder as Record<string, unknown>)[last];
  };
}

/** One change after the other. */
export function both(...changes: readonly Change[]): Change {
  return (object) => {
    for (const change of changes) change(object);
  };
}

/** The same mutations with the changes made below `path`. */
export function below(path: string, where: string, mutations: readonly ValueAt[]): Mutation[] {
  return mutations.map(({ name, value, ...verdict }) => ({
    ...verdict,
    name: `${where}: ${name}`,
    change: set(path, value),
  }));
}

/** A value to be put where the caller says. */
export type ValueAt = Omit<Mutation, "change"> & { value: unknown };

export const good = (name: string, value: unknown, ...tells: string[]): ValueAt => ({
  name,
  value,
  oracle: "takes",
  ...(tells.length === 0 ? {} : { tells }),
});
export const bad = (name: string, value: unknown, ...tells: string[]): ValueAt => ({
  name,
  value,
  oracle: "refuses",
  ...(tells.length === 0 ? {} : { tells }),
});

function put(object: unknown, path: readonly (string | number)[], value: unknown): void {
  let here = object as Record<string | number, unknown>;
  for (const [index, key] of path.entries()) {
    if (index === path.length - 1) here[key] = value;
    else {
      here[key] ??= typeof path[index + 1] === "number" ? [] : {};
      here = here[key] as Record<string | number, unknown>;
    }
  }
}

function keysOf(path: string): (string | number)[] {
  return [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) =>
    index === undefined ? (name ?? "") : Number(index),
  );
}
