import type { KubeObject } from "../kube/port.ts";

/** Reading objects as they came off the wire: what is absent or of another type reads as nothing. */

export type Raw = Readonly<Record<string, unknown>>;

/** The value as an object; `{}` when it is none. */
export function asRecord(value: unknown): Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Raw) : {};
}

/** The objects in an array; `[]` when it is none. */
export function asRecords(value: unknown): readonly Raw[] {
  return Array.isArray(value) ? value.map(asRecord) : [];
}

export function asTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** A map of labels. */
export function asLabels(value: unknown): Readonly<Record<string, string>> {
  const pairs = Object.entries(asRecord(value)).filter((pair): pair is [string, string] => typeof pair[1] === "string");
  return Object.fromEntries(pairs);
}

/** The value at a path: `at(deployment, "spec", "template", "spec")`. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const step of path) here = asRecord(here)[step];
  return here;
}

/** "shop/checkout". */
export function keyOf(object: KubeObject): string {
  return keyIn(object.metadata.namespace ?? "", object.metadata.name);
}

export function keyIn(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** Whether `a` was made before `b`; objects of the same second are told apart by name and namespace, as istiod does. */
export function isOlder(a: KubeObject, b: KubeObject): boolean {
  return ageKey(a) < ageKey(b);
}

/** RFC 3339 in UTC with whole seconds, which is what the API server writes, sorts as text. */
function ageKey({ metadata }: KubeObject): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.name}.${metadata.namespace ?? ""}`;
}

/** "a", "a and b", "a, b and c". */
export function sentenceList(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} and ${last}`;
}

/** "1 pod", "2 pods". */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
