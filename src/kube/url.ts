import type { ObjectRef, Resource } from "./port.ts";

export type Query = Record<string, string | number | boolean | undefined>;

/**
 * One segment of a path. Kubernetes refuses these names as well; checked here so that no name can ever lead to another object's path.
 * @throws TypeError
 */
function segment(value: string, what: string): string {
  if (value === "" || value === "." || value === ".." || value.includes("/") || value.includes("%")) {
    throw new TypeError(`Expected ${what} to be a name, got ${JSON.stringify(value)}`);
  }
  return encodeURIComponent(value);
}

/** "/api/v1" for core, else "/apis/GROUP/VERSION". */
export function groupVersionPath(group: string, version: string): string {
  return group === ""
    ? `/api/${segment(version, "version")}`
    : `/apis/${segment(group, "group")}/${segment(version, "version")}`;
}

/** The collection: all namespaces when none is given. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const base = groupVersionPath(resource.group, resource.version);
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace, "namespace")}` : "";
  return `${base}${scope}/${segment(resource.plural, "plural")}`;
}

/** One object, or a subresource of it. @throws TypeError when a namespaced resource comes without a namespace */
export function objectPath(resource: Resource, ref: ObjectRef, subresource?: string): string {
  if (resource.namespaced && ref.namespace === undefined) {
    throw new TypeError(`Expected a namespace for ${resource.kind} ${JSON.stringify(ref.name)}, got none`);
  }
  const path = `${collectionPath(resource, ref.namespace)}/${segment(ref.name, "name")}`;
  return subresource === undefined ? path : `${path}/${segment(subresource, "subresource")}`;
}

/** Leaves out what is undefined or "". */
export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search}`;
}
