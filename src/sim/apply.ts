import { ApiError } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { clone, isFields, type Fields } from "./json.ts";
import {
  changedTree,
  fieldsOf,
  isEmpty,
  isEntryOf,
  overlap,
  ownable,
  subtract,
  treeOf,
  type FieldTree,
  type Writer,
} from "./managed-fields.ts";

function merge(live: unknown, applied: Fields): Fields {
  const merged: Fields = isFields(live) ? { ...live } : {};
  for (const key in applied) {
    const value = applied[key];
    if (value === null || value === undefined) continue;
    merged[key] = isFields(value) ? merge(merged[key], value) : clone(value);
  }
  return merged;
}

function without(value: Fields, tree: FieldTree): Fields {
  const rest: Fields = { ...value };
  for (const key of Object.keys(tree) as `f:${string}`[]) {
    const name = key.slice(2);
    const below = tree[key] ?? {};
    const inner = rest[name];
    if (isEmpty(below) || !isFields(inner)) delete rest[name];
    else rest[name] = without(inner, below);
  }
  return rest;
}

export interface Applied {
  object: KubeObject;
  claimed: FieldTree;
}

/**
 * Server-side apply with atomic lists: `applied` laid over `live`; what the same manager applied before and leaves out now is
 * removed, unless somebody else owns it too.
 * @throws ApiError 409 when a field that would change belongs to another manager, unless `force`.
 */
export function serverSideApply(live: KubeObject, applied: Fields, writer: Writer, force: boolean): Applied {
  const { resourceVersion } = (applied["metadata"] ?? {}) as { resourceVersion?: string };
  const claimed = treeOf(ownable(applied));
  const liveOwned = ownable(live);
  const merged = merge(live, applied) as KubeObject;
  const others = (live.metadata.managedFields ?? []).filter((entry) => !isEntryOf(entry, writer));
  if (!force) {
    const changing = changedTree(liveOwned, ownable(merged));
    const conflicts = others.flatMap((entry) =>
      overlap(changing, fieldsOf(entry)).map((path) => `"${entry.manager}": ${path}`),
    );
    if (conflicts.length > 0) {
      const noun = conflicts.length === 1 ? "1 conflict" : `${conflicts.length} conflicts`;
      throw new ApiError(409, "Conflict", `Apply failed with ${noun}: conflicts with ${conflicts.join(", ")}`);
    }
  }
  const mine = (live.metadata.managedFields ?? []).find((entry) => isEntryOf(entry, writer));
  let givenUp = mine ? subtractClaimed(fieldsOf(mine), claimed) : {};
  for (const entry of others) givenUp = subtract(givenUp, fieldsOf(entry));
  const object = without(merged, givenUp) as KubeObject;
  object.metadata = { ...object.metadata };
  if (resourceVersion !== undefined) object.metadata.resourceVersion = resourceVersion;
  return { object, claimed };
}

/** What was claimed and is not any more. Unlike `subtract`, a parent that is still claimed does not keep its lost children. */
function subtractClaimed(before: FieldTree, now: FieldTree): FieldTree {
  const lost: FieldTree = {};
  for (const key of Object.keys(before) as `f:${string}`[]) {
    const old = before[key] ?? {};
    const kept = now[key];
    if (!kept) lost[key] = old;
    else if (!isEmpty(old)) {
      const rest = subtractClaimed(old, kept);
      if (!isEmpty(rest)) lost[key] = rest;
    }
  }
  return lost;
}
