import type { KubeObject } from "../kube/port.ts";
import { objectKey } from "../kube/resources.ts";
import { readOwn } from "../workload/own.ts";
import { BY_OWNER, type Caches } from "./caches.ts";
import type { ReadRun } from "./observe.ts";

type Of = Pick<ReadRun, "namespace" | "spec">;

/** The Deployment that was made under the name of the one that the run is for, which is gone. */
export function successorOf(caches: Caches, { namespace, spec }: Of): KubeObject | undefined {
  const { name, uid } = spec.pinned.workload;
  const own = caches.deployments.get(namespace, name);
  return own?.metadata.uid === uid || own?.metadata.deletionTimestamp !== undefined ? undefined : own;
}

/** All of its pods are there, of its own template. */
export function isWhole(caches: Caches, own: KubeObject): boolean {
  return readOwn(own, caches.replicaSets.byIndex(BY_OWNER, objectKey(own.metadata)), {}).rolledOut;
}
