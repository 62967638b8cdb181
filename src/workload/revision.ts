import type { KubeObject } from "../kube/port.ts";
import { stripHash } from "./canonical.ts";
import { twinPodLabels } from "./twin.ts";
import type { PodTemplate } from "./types.ts";

/**
 * A revision as it is kept: a core/v1 PodTemplate, which the API server defaults as it defaults a Deployment's template, so that the
 * two compare whatever version wrote them. Owned by the Rollout.
 */
export function revisionObject(input: {
  /** Name of the run whose revision it is. */
  name: string;
  namespace: string;
  /** Name of the Rollout. */
  rollout: string;
  template: PodTemplate;
  /** The Rollout. */
  owner: KubeObject;
}): KubeObject {
  const { apiVersion, kind, metadata } = input.owner;
  const uid = metadata.uid ?? "";
  return {
    apiVersion: "v1",
    kind: "PodTemplate",
    metadata: {
      name: input.name,
      namespace: input.namespace,
      labels: twinPodLabels(input.rollout, input.name),
      ownerReferences: [{ apiVersion, kind, name: metadata.name, uid, controller: true, blockOwnerDeletion: false }],
    },
    template: stripHash(input.template),
  };
}

/** The template in it. */
export function revisionTemplate(podTemplate: KubeObject): PodTemplate {
  return (podTemplate["template"] ?? {}) as PodTemplate;
}
