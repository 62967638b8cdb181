import type { JsonPatchOperation, KubeObject } from "./kube/port.ts";

/**
 * The first operation of a patch that must fail when anything in the object has changed since it was read: the API server may carry out
 * a write long after it was sent, when its sender is dead and another controller has gone on. A test on a whole list or object would say
 * less and is not to be had: the API server compares strings there by their encoded bytes and encodes `&`, `<` and `>` as `\u0026` and
 * so on, so that it fails for good on a header with one of them. Throws a TypeError when the object was not read from the API server.
 */
export function testUnchanged(object: KubeObject): JsonPatchOperation {
  const { name, resourceVersion } = object.metadata;
  if (resourceVersion === undefined)
    throw new TypeError(`${object.kind} ${name} was not read from the API server: it has no resourceVersion`);
  return { op: "test", path: "/metadata/resourceVersion", value: resourceVersion };
}

/** These changes, if the object is as it was read; none stay none. */
export function ifUnchanged(object: KubeObject, changes: readonly JsonPatchOperation[]): JsonPatchOperation[] {
  return changes.length === 0 ? [] : [testUnchanged(object), ...changes];
}
