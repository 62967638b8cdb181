import type { JsonPatchOperation, KubeObject } from "../kube/port.ts";

/**
 * Fails when anything in the object has changed since it was read. A test on a whole list or object would say less and is not to be
 * had: the API server compares strings there by their encoded bytes and encodes `&`, `<` and `>` as `\u0026` and so on, so that it
 * fails for good on a header with one of them.
 */
export function testUnchanged(object: KubeObject): JsonPatchOperation {
  return { op: "test", path: "/metadata/resourceVersion", value: object.metadata.resourceVersion ?? "" };
}
