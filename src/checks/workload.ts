import { LABEL_RUN } from "../api/metadata.ts";
import type { KubeObject } from "../kube/port.ts";
import { asNumber, asRecord, at, type Raw } from "./raw.ts";
import type { CheckWorld } from "./types.ts";

/** Pods that a Deployment asks for; the API's default is 1. */
export function desiredReplicas(deployment: KubeObject): number {
  return asNumber(at(deployment, "spec", "replicas")) ?? 1;
}

/** Pods of the candidate at weight 100: as many as users are on now. */
export function fullSize(world: CheckWorld): number {
  const live = world.liveTwin ?? world.workload;
  return live === undefined ? 0 : desiredReplicas(live);
}

/** The pod spec that the candidate would run. */
export function candidatePodSpec(world: CheckWorld): Raw {
  return asRecord(at(world.workload, "spec", "template", "spec"));
}

/** Whether a Deployment is a twin that Sluice made for this workload: labelled with its own name, and the workload's to take along. */
export function isOurTwin(deployment: KubeObject, { workload }: CheckWorld): boolean {
  const { name, labels, ownerReferences } = deployment.metadata;
  const uid = workload?.metadata.uid;
  return (
    labels?.[LABEL_RUN] === name && uid !== undefined && ownerReferences?.some((owner) => owner.uid === uid) === true
  );
}
