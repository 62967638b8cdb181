import { LABEL_ROLLOUT, LABEL_RUN } from "../api/metadata.ts";
import type { JsonPatchOperation, KubeObject } from "../kube/port.ts";
import { stripHash } from "./canonical.ts";
import { specOf, specReplicas } from "./fields.ts";
import { labelValue } from "./names.ts";
import type { PodTemplate } from "./types.ts";

/** Labels that a run's twin and its pods carry, and no others do: what a subset selects to mean them. */
export function twinPodLabels(rollout: string, runName: string): Record<string, string> {
  return { [LABEL_ROLLOUT]: labelValue(rollout), [LABEL_RUN]: runName };
}

export interface TwinInput {
  rollout: { name: string; uid: string };
  /** Name of the run and of the twin; from `runName`, so that it fits a label. */
  runName: string;
  /** The user's Deployment: owns the twin, so that the twin goes when the workload goes. */
  own: KubeObject;
  /** The revision that the twin runs. */
  template: PodTemplate;
  replicas: number;
}

/**
 * The Deployment that carries a candidate. Of the user's metadata nothing comes along, since a tracking label of a GitOps tool would
 * make that tool prune it. Its pods match the Service by the template's own labels.
 */
export function twinDeployment({ rollout, runName, own, template, replicas }: TwinInput): KubeObject {
  const labels = twinPodLabels(rollout.name, runName);
  const { minReadySeconds, progressDeadlineSeconds } = specOf(own);
  const revision = stripHash(template);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: runName,
      ...(own.metadata.namespace === undefined ? {} : { namespace: own.metadata.namespace }),
      labels,
      ownerReferences: [
        {
          apiVersion: own.apiVersion,
          kind: own.kind,
          name: own.metadata.name,
          uid: own.metadata.uid ?? "",
          controller: false,
          blockOwnerDeletion: false,
        },
      ],
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        ...revision,
        metadata: { ...revision.metadata, labels: { ...revision.metadata?.labels, ...labels } },
      },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      ...(progressDeadlineSeconds === undefined ? {} : { progressDeadlineSeconds }),
      revisionHistoryLimit: 0,
    },
  };
}

/** Whether a Deployment is this run's twin, and not another's that happens to have its name. */
export function isTwinOf(object: KubeObject, rollout: string, runName: string): boolean {
  const selector = specOf(object).selector?.matchLabels ?? {};
  return Object.entries(twinPodLabels(rollout, runName)).every(([key, value]) => selector[key] === value);
}

/** Gives a Deployment or ReplicaSet this many pods; [] when it is asked for them already. */
export function scalePatch(object: KubeObject, replicas: number): JsonPatchOperation[] {
  return specReplicas(object) === replicas ? [] : [{ op: "add", path: "/spec/replicas", value: replicas }];
}
