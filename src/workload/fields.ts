import type { KubeObject } from "../kube/port.ts";
import type { ScalableSpec, ScalableStatus } from "./types.ts";

/** Spec of a Deployment or ReplicaSet. */
export function specOf(object: KubeObject): ScalableSpec {
  return (object["spec"] ?? {}) as ScalableSpec;
}

/** Status of a Deployment or ReplicaSet; all of it is absent before its controller first looked. */
export function statusOf(object: KubeObject): ScalableStatus {
  return (object["status"] ?? {}) as ScalableStatus;
}

/** Pods that are asked for: the API server's default is 1. */
export function specReplicas(object: KubeObject): number {
  return specOf(object).replicas ?? 1;
}

/** Whether the status was written with the newest spec in view. */
export function isObserved(object: KubeObject): boolean {
  return (statusOf(object).observedGeneration ?? -1) >= (object.metadata.generation ?? 0);
}
