import type { Condition } from "../api/condition.ts";
import type { KubeObject, ObjectMeta } from "../kube/port.ts";

/** The fields of built-in kinds that the simulated controllers go by. */

export type DeploymentCondition = Omit<Condition, "observedGeneration"> & { lastUpdateTime: string };

export interface PodTemplate {
  metadata: Partial<ObjectMeta>;
  spec: {
    containers: { name: string; image?: string; env?: { name: string; value?: string }[] }[];
    [field: string]: unknown;
  };
}

export interface WorkloadStatus {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  unavailableReplicas?: number;
  fullyLabeledReplicas?: number;
  conditions?: DeploymentCondition[];
}

export interface Deployment extends KubeObject {
  spec: {
    replicas: number;
    paused?: boolean;
    minReadySeconds?: number;
    revisionHistoryLimit: number;
    progressDeadlineSeconds: number;
    selector: { matchLabels?: Record<string, string> };
    strategy: { type: string; rollingUpdate?: { maxSurge: number | string; maxUnavailable: number | string } };
    template: PodTemplate;
  };
  status?: WorkloadStatus;
}

export interface ReplicaSet extends KubeObject {
  spec: {
    replicas: number;
    minReadySeconds?: number;
    selector: { matchLabels?: Record<string, string> };
    template: PodTemplate;
  };
  status?: WorkloadStatus;
}

export interface Pod extends KubeObject {
  spec: PodTemplate["spec"];
  status?: {
    phase?: string;
    podIP?: string;
    conditions?: { type: string; status: string; lastTransitionTime?: string }[];
    [field: string]: unknown;
  };
}

function readyCondition(pod: Pod) {
  return pod.status?.conditions?.find(({ type }) => type === "Ready");
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === "True";
}

/** Since when a ready pod is ready, in milliseconds since the epoch; undefined while it is not. */
export function readySinceMs(pod: Pod): number | undefined {
  const condition = readyCondition(pod);
  return condition?.status === "True" ? Date.parse(condition.lastTransitionTime ?? "") : undefined;
}
