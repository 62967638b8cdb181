import type { JsonPatchOperation } from "../kube/port.ts";
import { clone, equal, isFields, type Fields } from "./json.ts";

/** A patch that does not fit the object: the API server answers 422 "Invalid". */
export class PatchError extends Error {}

function segments(path: string): string[] {
  if (path === "") return [];
  if (!path.startsWith("/")) throw new PatchError(`"${path}" is not a JSON pointer`);
  return path
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function indexIn(list: unknown[], key: string, max: number, path: string): number {
  if (!/^(0|[1-9]\d*)$/.test(key) || Number(key) > max)
    throw new PatchError(`no index "${key}" for ${path} (${list.length} items)`);
  return Number(key);
}

function child(parent: unknown, key: string, path: string): unknown {
  if (Array.isArray(parent)) return parent[indexIn(parent, key, parent.length - 1, path)];
  if (isFields(parent) && Object.hasOwn(parent, key)) return parent[key];
  throw new PatchError(`nothing at "${key}" of ${path}`);
}

function write(parent: unknown, key: string, { op, path, value }: JsonPatchOperation): void {
  if (Array.isArray(parent)) {
    if (op === "add")
      parent.splice(key === "-" ? parent.length : indexIn(parent, key, parent.length, path), 0, clone(value));
    else if (op === "remove") parent.splice(indexIn(parent, key, parent.length - 1, path), 1);
    else parent[indexIn(parent, key, parent.length - 1, path)] = clone(value);
    return;
  }
  if (!isFields(parent)) throw new PatchError(`${path} leads through a value that is neither object nor list`);
  // The API server takes a replace of a member that is not there for an add.
  if (op === "remove") child(parent, key, path);
  if (op === "remove") delete parent[key];
  else parent[key] = clone(value);
}

/**
 * `object` after the operations (RFC 6902, without `move` and `copy`); it is not changed.
 * @throws PatchError when a `test` fails or a path does not exist.
 */
export function applyJsonPatch(object: Fields, operations: readonly JsonPatchOperation[]): Fields {
  const result = clone(object);
  for (const operation of operations) {
    const path = segments(operation.path);
    const key = path.pop();
    if (key === undefined) throw new PatchError("the whole object cannot be patched");
    let parent: unknown = result;
    for (const segment of path) parent = child(parent, segment, operation.path);
    if (operation.op !== "test") write(parent, key, operation);
    else if (!equal(child(parent, key, operation.path), operation.value)) {
      throw new PatchError(`testing value ${operation.path} failed`);
    }
  }
  return result;
}

/** RFC 7386: `null` removes, objects merge, everything else replaces. `target` is not changed. */
export function applyMergePatch(target: unknown, patch: Fields): Fields {
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const key in patch) {
    const value = patch[key];
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = isFields(value) ? applyMergePatch(result[key], value) : clone(value);
  }
  return result;
}
