import type { KubeObject } from "../kube/port.ts";
import { POD_TEMPLATE_HASH, sameTemplate } from "./canonical.ts";
import { isObserved, specOf, specReplicas, statusOf } from "./fields.ts";
import type { PodTemplate } from "./types.ts";

export interface OwnReplicaSet {
  name: string;
  /** Its pods' label pod-template-hash. */
  hash: string;
  revision: "live" | "candidate" | "other";
  specReplicas: number;
  replicas: number;
  ready: number;
  available: number;
}

/** The user's Deployment and its pods, as far as decisions depend on them. */
export interface OwnState {
  exists: boolean;
  uid: string;
  paused: boolean;
  /** Paused, and the deployment controller knows it: no ReplicaSet is made from a template written later. */
  pauseObserved: boolean;
  specReplicas: number;
  template: PodTemplate | undefined;
  replicaSets: OwnReplicaSet[];
  /** ReplicaSets that have pods, or are asked to. */
  activeCount: number;
  liveReplicaSet: OwnReplicaSet | undefined;
  liveReady: number;
  liveAvailable: number;
  /** Active ReplicaSets of another revision than the live one. */
  strays: OwnReplicaSet[];
  /** One ReplicaSet is active, of the template that stands in the Deployment, and all of it is available. */
  rolledOut: boolean;
}

const ABSENT: OwnState = {
  exists: false,
  uid: "",
  paused: false,
  pauseObserved: false,
  specReplicas: 0,
  template: undefined,
  replicaSets: [],
  activeCount: 0,
  liveReplicaSet: undefined,
  liveReady: 0,
  liveAvailable: 0,
  strays: [],
  rolledOut: false,
};

/**
 * Reads the user's Deployment. `replicaSets` may hold others' too: those that it controls are picked by uid. `vetted` names the
 * templates by which ReplicaSets are told apart; without a live one all of them are strays.
 */
export function readOwn(
  own: KubeObject | undefined,
  replicaSets: readonly KubeObject[],
  vetted: { live?: PodTemplate | undefined; candidate?: PodTemplate | undefined },
): OwnState {
  if (own === undefined) return ABSENT;
  const uid = own.metadata.uid ?? "";
  const size = specReplicas(own);
  const { template, paused = false } = specOf(own);
  const mine = replicaSets.filter((each) => isControlledBy(each, uid));
  const read = mine.map((each) => readReplicaSet(each, vetted));
  const active = read.filter(isActive);
  const live = read.filter(({ revision }) => revision === "live");
  const strays = active.filter(({ revision }) => revision !== "live");
  const currentActive = mine.filter((each, index) => isActive(read[index]) && isOf(each, template)).length;
  return {
    exists: true,
    uid,
    paused,
    pauseObserved: paused && isObserved(own),
    specReplicas: size,
    template,
    replicaSets: read,
    activeCount: active.length,
    // Usually one; a hash collision makes a second, and then the one with the users counts.
    liveReplicaSet: live.toSorted((a, b) => b.available - a.available || b.specReplicas - a.specReplicas)[0],
    liveReady: live.reduce((sum, { ready }) => sum + ready, 0),
    liveAvailable: live.reduce((sum, { available }) => sum + available, 0),
    strays,
    rolledOut: isSettled(own, size) && (size === 0 ? active.length === 0 : active.length === 1 && currentActive === 1),
  };
}

function isSettled(own: KubeObject, size: number): boolean {
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = statusOf(own);
  return isObserved(own) && replicas === size && updatedReplicas === size && availableReplicas === size;
}

function isControlledBy(object: KubeObject, uid: string): boolean {
  return (object.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid && owner.controller === true);
}

function readReplicaSet(
  object: KubeObject,
  { live, candidate }: { live?: PodTemplate | undefined; candidate?: PodTemplate | undefined },
): OwnReplicaSet {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = statusOf(object);
  return {
    name: object.metadata.name,
    hash: object.metadata.labels?.[POD_TEMPLATE_HASH] ?? "",
    revision: isOf(object, live) ? "live" : isOf(object, candidate) ? "candidate" : "other",
    specReplicas: specReplicas(object),
    replicas,
    ready: readyReplicas,
    available: availableReplicas,
  };
}

function isOf(object: KubeObject, template: PodTemplate | undefined): boolean {
  return template !== undefined && sameTemplate(specOf(object).template ?? {}, template);
}

function isActive(replicaSet: OwnReplicaSet | undefined): boolean {
  return replicaSet !== undefined && (replicaSet.specReplicas > 0 || replicaSet.replicas > 0);
}

/** Full and available in a Deployment of `size` pods: the deployment controller then removes all others, whatever is written (machine rule 2). */
export function isSaturated({ specReplicas, available }: OwnReplicaSet, size: number): boolean {
  return size > 0 && specReplicas >= size && available >= size;
}

/** Labels that pick a ReplicaSet's pods out of the Service's: what `stable` is narrowed to. */
export function ownPodLabels(replicaSet: Pick<OwnReplicaSet, "hash">): Record<string, string> {
  return { [POD_TEMPLATE_HASH]: replicaSet.hash };
}
