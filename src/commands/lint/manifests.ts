import { type Fields, readYamlObjects, type YamlPosition, type YamlSource } from "../../api/yaml-objects.ts";
import type { KubeObject } from "../../kube/port.ts";

/** An object in a file. */
export interface Manifest {
  object: KubeObject;
  /** Of a field, "spec.http[0].route"; of the nearest thing around it when it is not there. */
  at(path: string): YamlPosition;
}

/** The Kubernetes objects in a file, in `namespace` where they name none. What is no object, or cannot be read, is passed over. */
export function manifestsIn(source: YamlSource, namespace: string): Manifest[] {
  return readYamlObjects(source).objects.flatMap((read) => {
    const object = withNamespace(read.object, namespace);
    return object === undefined ? [] : [{ object, at: (path: string) => read.at(keysOf(path)) }];
  });
}

function withNamespace(object: Fields, namespace: string): KubeObject | undefined {
  const { apiVersion, kind, metadata } = object;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  if (typeof metadata !== "object" || metadata === null) return undefined;
  if (typeof (metadata as { name?: unknown }).name !== "string") return undefined;
  return { ...object, metadata: { namespace, ...metadata } } as KubeObject;
}

/** "spec.http[0].route" as ["spec", "http", 0, "route"]. */
function keysOf(path: string): (string | number)[] {
  return [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) =>
    index === undefined ? (name ?? "") : Number(index),
  );
}
