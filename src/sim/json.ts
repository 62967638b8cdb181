/** What the simulator does with plain JSON. Stored objects are shared and never changed in place; these make the new ones. */

export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A deep copy of JSON; fields that are undefined are left out, as they would be on the wire. */
export function clone<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => clone(item)) as T;
  if (!isFields(value)) return value;
  const copy: Fields = {};
  for (const key in value) {
    const field = value[key];
    if (field !== undefined) copy[key] = clone(field);
  }
  return copy as T;
}

/** Equal as JSON: the order of keys, and fields that are undefined, mean nothing. */
export function equal(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) && left.length === right.length && left.every((item, index) => equal(item, right[index]))
    );
  }
  if (!isFields(left) || !isFields(right)) return false;
  for (const key in left) if (!equal(left[key], right[key])) return false;
  for (const key in right) if (right[key] !== undefined && left[key] === undefined) return false;
  return true;
}

/** The same text for equal JSON. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isFields(value)) return JSON.stringify(value) ?? "null";
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

/** The value at a path, undefined when any part of it is missing. */
export function at(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const key of path) found = isFields(found) ? found[key] : undefined;
  return found;
}

/** The object at a path, made when it is missing. `value` is changed in place: pass a copy. */
export function ensure(value: Fields, ...path: string[]): Fields {
  let found = value;
  for (const key of path) {
    const next = found[key];
    if (isFields(next)) found = next;
    else {
      const made: Fields = {};
      found[key] = made;
      found = made;
    }
  }
  return found;
}

/** Fields of `defaults` that `target` lacks are put into it, in place. */
export function fill(target: Fields, defaults: Fields): void {
  for (const key in defaults) if (target[key] === undefined || target[key] === null) target[key] = clone(defaults[key]);
}

/** The objects in a list; what is not one is passed over. */
export function items(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}
