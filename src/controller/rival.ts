import { ANNOTATION_HELD_BY } from "../api/metadata.ts";
import type { KubeObject } from "../kube/port.ts";
import { objectKey } from "../kube/resources.ts";
import { heldBy } from "../workload/hold.ts";
import { BY_REFERENCE, type Caches } from "./caches.ts";

/**
 * Why a Rollout must leave a Deployment alone, in a sentence: another one holds it, or names it too and is older. Two would write
 * weights, labels and pauses against each other. undefined when it is this one's.
 */
export function rivalOf(caches: Caches, rollout: KubeObject, own: KubeObject): string | undefined {
  const { name, namespace = "" } = rollout.metadata;
  const workload = own.metadata.name;
  const holder = heldBy(own);
  if (holder === name) return undefined;
  if (holder !== undefined) {
    return caches.rollouts.get(namespace, holder) === undefined
      ? `sole-owner: Deployment ${workload} carries the mark of Rollout ${holder}, which does not exist. Take it off: kubectl -n ${namespace} annotate deployment/${workload} ${ANNOTATION_HELD_BY}-`
      : `sole-owner: Deployment ${workload} is held for Rollout ${holder} already. Delete one of the two Rollouts, or let it name another workload`;
  }
  const older = caches.rollouts
    .byIndex(BY_REFERENCE, `Deployment/${objectKey({ namespace, name: workload })}`)
    .find((other) => other.metadata.name !== name && ageKey(other) < ageKey(rollout));
  return older === undefined
    ? undefined
    : `sole-owner: Rollout ${older.metadata.name} is older and names Deployment ${workload} too. Delete one of the two Rollouts, or let it name another workload`;
}

/** Every Rollout must come to the same answer about who is older. */
function ageKey({ metadata }: KubeObject): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.uid ?? ""}`;
}
