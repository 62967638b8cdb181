import { ANNOTATION_HELD_BY } from "../api/metadata.ts";
import type { RolloutSpec } from "../api/rollout.ts";
import { olderClaims } from "../checks/sole-owner.ts";
import type { KubeObject } from "../kube/port.ts";
import { objectKey } from "../kube/resources.ts";
import { heldBy } from "../workload/hold.ts";
import { BY_REFERENCE, referencesOf, type Caches } from "./caches.ts";
import { rolloutFacts } from "./check-world.ts";
import type { Context } from "./context.ts";
import { readRollout } from "./read.ts";

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
      ? `sole-owner: Deployment ${workload} carries the mark of Rollout ${holder}, which does not exist any more. It is taken off within seconds; should it stay: kubectl -n ${namespace} annotate deployment/${workload} ${ANNOTATION_HELD_BY}-`
      : `sole-owner: Deployment ${workload} is held for Rollout ${holder} already. Delete one of the two Rollouts, or let it name another workload`;
  }
  const older = caches.rollouts
    .byIndex(BY_REFERENCE, `Deployment/${objectKey({ namespace, name: workload })}`)
    .find((other) => other.metadata.name !== name && ageKey(other) < ageKey(rollout));
  return older === undefined
    ? undefined
    : `sole-owner: Rollout ${older.metadata.name} is older and names Deployment ${workload} too. Delete one of the two Rollouts, or let it name another workload`;
}

/**
 * Why a Rollout may neither take its Deployment under protection nor begin a run, in a sentence: an older one, for another workload,
 * claims its Service or a route. undefined when none does.
 */
export function routeRivalOf({ caches }: Context, rollout: KubeObject, spec: RolloutSpec): string | undefined {
  const { namespace, uid } = rollout.metadata;
  const near = referencesOf(rollout).flatMap((reference) => caches.rollouts.byIndex(BY_REFERENCE, reference));
  const others = [...new Set(near)].flatMap((other) => {
    const read = readRollout(caches, other);
    if (!read.ok || other.metadata.uid === uid) return [];
    const theirs = read.value.spec;
    // About one workload `rivalOf` has decided.
    const isSame = other.metadata.namespace === namespace && theirs.workload.name === spec.workload.name;
    return isSame ? [] : [rolloutFacts(other, theirs)];
  });
  if (others.length === 0) return undefined;
  const [first] = olderClaims({
    rollout: rolloutFacts(rollout, spec),
    rollouts: others,
    virtualServices: caches.virtualServices.list(),
  });
  return first === undefined ? undefined : `sole-owner: ${first.message} ${first.remedy}`;
}

/** Every Rollout must come to the same answer about who is older. */
function ageKey({ metadata }: KubeObject): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.uid ?? ""}`;
}
