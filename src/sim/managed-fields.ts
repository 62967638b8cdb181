import type { KubeObject, ManagedFieldsEntry } from "../kube/port.ts";
import { equal, isFields, type Fields } from "./json.ts";

/**
 * Who owns which field, as metadata.managedFields says it. Every list is atomic, which is true of Istio's kinds and coarser than
 * the truth for built-in ones. A tree's leaves are empty objects.
 */
export interface FieldTree {
  [field: `f:${string}`]: FieldTree;
}

const SYSTEM_METADATA = new Set([
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
  "generateName",
  "selfLink",
]); // prettier-ignore

const field = (name: string): `f:${string}` => `f:${name}`;

function keys(tree: FieldTree): `f:${string}`[] {
  return Object.keys(tree) as `f:${string}`[];
}

export function isEmpty(tree: FieldTree): boolean {
  for (const _ in tree) return false;
  return true;
}

/** What of an object can be owned: not its type, nor the metadata that the server itself writes. */
export function ownable(object: Fields): Fields {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object;
  const owned: Fields = {};
  if (isFields(metadata)) for (const key in metadata) if (!SYSTEM_METADATA.has(key)) owned[key] = metadata[key];
  return { ...rest, metadata: owned };
}

/** Every field that is set. */
export function treeOf(value: unknown): FieldTree {
  const tree: FieldTree = {};
  if (isFields(value)) for (const key in value) if (value[key] !== undefined) tree[field(key)] = treeOf(value[key]);
  return tree;
}

/** The fields that `after` has and `before` has not, or has with another value. */
export function changedTree(before: unknown, after: unknown): FieldTree {
  const tree: FieldTree = {};
  if (!isFields(after)) return tree;
  for (const key in after) {
    const old = isFields(before) ? before[key] : undefined;
    if (after[key] === undefined || equal(old, after[key])) continue;
    const within = isFields(old) && isFields(after[key]) ? changedTree(old, after[key]) : treeOf(after[key]);
    // An object that only lost fields changed nothing of what it still has.
    if (!isEmpty(within) || !isFields(old)) tree[field(key)] = within;
  }
  return tree;
}

export function union(left: FieldTree, right: FieldTree): FieldTree {
  const tree: FieldTree = { ...left };
  for (const key of keys(right)) tree[key] = union(tree[key] ?? {}, right[key] ?? {});
  return tree;
}

/** `left` without what `right` names; a leaf of `right` takes everything below it. */
export function subtract(left: FieldTree, right: FieldTree): FieldTree {
  const tree: FieldTree = {};
  for (const key of keys(left)) {
    const mine = left[key] ?? {};
    const theirs = right[key];
    if (!theirs) tree[key] = mine;
    else if (!isEmpty(theirs) && !isEmpty(mine)) {
      const rest = subtract(mine, theirs);
      if (!isEmpty(rest)) tree[key] = rest;
    }
  }
  return tree;
}

/** The paths that both trees reach, for a message: `.spec.http`. */
export function overlap(left: FieldTree, right: FieldTree, path = ""): string[] {
  const found: string[] = [];
  for (const key of keys(left)) {
    const theirs = right[key];
    if (!theirs) continue;
    const mine = left[key] ?? {};
    const here = `${path}.${key.slice(2)}`;
    if (isEmpty(mine) || isEmpty(theirs)) found.push(here);
    else found.push(...overlap(mine, theirs, here));
  }
  return found;
}

export function fieldsOf(entry: ManagedFieldsEntry): FieldTree {
  return (entry.fieldsV1 ?? {}) as FieldTree;
}

export interface Writer {
  manager: string;
  operation: "Update" | "Apply";
  subresource?: string | undefined;
  /** RFC 3339. */
  time: string;
}

export function isEntryOf(entry: ManagedFieldsEntry, writer: Writer): boolean {
  return (
    entry.manager === writer.manager && entry.operation === writer.operation && entry.subresource === writer.subresource
  );
}

/**
 * The entries after `writer` turned `before` into `after`: what changed is the writer's alone. For an apply `applied` is all that the
 * writer claims, changed or not; what it claimed before and does not any more is given up.
 */
export function recordOwner(
  before: KubeObject | undefined,
  after: KubeObject,
  writer: Writer,
  applied?: FieldTree,
): ManagedFieldsEntry[] {
  const old = before ? ownable(before) : {};
  const now = ownable(after);
  const changed = changedTree(old, now);
  const entries: ManagedFieldsEntry[] = [];
  let mine: FieldTree = {};
  for (const entry of before?.metadata.managedFields ?? []) {
    if (isEntryOf(entry, writer)) mine = fieldsOf(entry);
    else {
      const kept = keepExisting(subtract(fieldsOf(entry), changed), now);
      if (!isEmpty(kept)) entries.push({ ...entry, fieldsV1: kept });
    }
  }
  const claimed = applied ?? union(keepExisting(mine, now), changed);
  if (isEmpty(claimed)) return entries;
  entries.push({
    manager: writer.manager,
    operation: writer.operation,
    apiVersion: after.apiVersion,
    time: writer.time,
    fieldsType: "FieldsV1",
    fieldsV1: claimed,
    ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
  });
  return entries;
}

/** Nobody owns a field that is gone. */
function keepExisting(tree: FieldTree, object: unknown): FieldTree {
  const kept: FieldTree = {};
  if (!isFields(object)) return kept;
  for (const key of keys(tree)) {
    const below = object[key.slice(2)];
    if (below === undefined) continue;
    const within = tree[key] ?? {};
    if (isEmpty(within)) kept[key] = {};
    else {
      const rest = keepExisting(within, below);
      if (!isEmpty(rest)) kept[key] = rest;
    }
  }
  return kept;
}
