import { isDeepStrictEqual } from "node:util";
import type { JsonPatchOperation, KubeObject } from "../kube/port.ts";
import type { ObjectPatch, RoutingObjects } from "./types.ts";

export class TestFailed extends Error {}

/** RFC 6902 as far as the routers use it. */
export function applyOperations<T>(document: T, operations: readonly JsonPatchOperation[]): T {
  const result = structuredClone(document);
  for (const { op, path, value } of operations) {
    const segments = path
      .split("/")
      .slice(1)
      .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = segments.pop() ?? "";
    const parent = segments.reduce<unknown>((at, segment) => member(at, segment), result) as Record<string, unknown>;
    if (op === "test") {
      if (!isDeepStrictEqual(parent[last], value)) throw new TestFailed(`${path} is not ${JSON.stringify(value)}`);
    } else if (Array.isArray(parent)) {
      const index = last === "-" ? parent.length : Number(last);
      if (index > parent.length || (op !== "add" && index === parent.length))
        throw new Error(`${path} is out of range`);
      parent.splice(index, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [structuredClone(value)]));
    } else {
      if (op !== "add" && !(last in parent)) throw new Error(`${path} does not exist`);
      if (op === "remove") delete parent[last];
      else parent[last] = structuredClone(value);
    }
  }
  return result;
}

function member(at: unknown, segment: string): unknown {
  if (typeof at !== "object" || at === null || !(segment in at)) throw new Error(`nothing at ${segment}`);
  return (at as Record<string, unknown>)[segment];
}

/** The world after these writes; an object that is made gets a uid. */
export function applyPatches(objects: RoutingObjects, patches: readonly ObjectPatch[]): RoutingObjects {
  let { destinationRule } = objects;
  let virtualServices = [...objects.virtualServices];
  for (const patch of patches) {
    if (patch.kind === "create") destinationRule = created(patch.object);
    else if (patch.kind === "delete") destinationRule = undefined;
    else if (patch.resource === "DestinationRule")
      destinationRule &&= applyOperations(destinationRule, patch.operations);
    else {
      virtualServices = virtualServices.map((object) =>
        object?.metadata.name === patch.name && object.metadata.namespace === patch.namespace
          ? applyOperations(object, patch.operations)
          : object,
      );
    }
  }
  return { ...objects, virtualServices, destinationRule };
}

function created(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, uid: "made", resourceVersion: "1" } };
}
