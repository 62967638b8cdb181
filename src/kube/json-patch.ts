import type { JsonPatchOperation } from "./port.ts";

/** RFC 6901: `jsonPointer("metadata", "annotations", "sluice.dev/run")` is `/metadata/annotations/sluice.dev~1run`. */
export function jsonPointer(...segments: (string | number)[]): string {
  return segments.map((segment) => `/${String(segment).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The operation that makes a patch fail (422, reason "Invalid") when the object is no longer the one that was looked at. */
export function testResourceVersion(resourceVersion: string): JsonPatchOperation {
  return { op: "test", path: "/metadata/resourceVersion", value: resourceVersion };
}
