import type { KubeObject } from "../kube/port.ts";
import { at, isFields, type Fields } from "./json.ts";

/** The autoscaling/v1 Scale of a workload. */
export function toScale(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = (at(object, "spec", "selector", "matchLabels") ?? {}) as Record<string, string>;
  const metadata = JSON.parse(
    JSON.stringify({ name, namespace, uid, resourceVersion, creationTimestamp }),
  ) as KubeObject["metadata"];
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata,
    spec: { replicas: at(object, "spec", "replicas") ?? 0 },
    status: {
      replicas: at(object, "status", "replicas") ?? 0,
      selector: Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
    },
  };
}

/** The workload with the size that a Scale asks for, at the version that the Scale was made from. */
export function fromScale(object: KubeObject, scale: Fields): KubeObject {
  const spec: Fields = isFields(object["spec"]) ? object["spec"] : {};
  const { resourceVersion } = (scale["metadata"] ?? {}) as { resourceVersion?: string };
  const metadata = { ...object.metadata };
  if (resourceVersion !== undefined) metadata.resourceVersion = resourceVersion;
  return { ...object, metadata, spec: { ...spec, replicas: at(scale, "spec", "replicas") ?? 0 } };
}
