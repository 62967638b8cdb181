import type { KubeObject } from "../kube/port.ts";
import { isObserved, specOf, specReplicas, statusOf } from "./fields.ts";

export interface TwinReadiness {
  exists: boolean;
  /** Pods that it is asked for. */
  replicas: number;
  ready: number;
  available: number;
  /** The deployment controller has seen the newest spec. */
  observed: boolean;
  /** As many pods are available as are asked for, as of the newest spec. */
  full: boolean;
  /** What keeps it from that, as a sentence. Absent when nothing is known to. */
  trouble?: string;
}

interface ContainerStatus {
  name: string;
  state?: { waiting?: { reason?: string; message?: string } };
  lastState?: { terminated?: { exitCode?: number; reason?: string } };
}

interface PodStatus {
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
}

/** Reasons for waiting that are steps on the way to running. */
const ON_THE_WAY = new Set(["", "ContainerCreating", "PodInitializing"]);

/** How far the twin is, and what stands in its way. Of `pods` those that its selector picks are looked at. */
export function twinReadiness(twin: KubeObject | undefined, pods: readonly KubeObject[] = []): TwinReadiness {
  if (twin === undefined) return { exists: false, replicas: 0, ready: 0, available: 0, observed: false, full: false };
  const replicas = specReplicas(twin);
  const { readyReplicas = 0, availableReplicas = 0 } = statusOf(twin);
  const observed = isObserved(twin);
  const full = observed && availableReplicas >= replicas;
  const trouble = full ? undefined : troubleOf(twin, pods);
  return {
    exists: true,
    replicas,
    ready: readyReplicas,
    available: availableReplicas,
    observed,
    full,
    ...(trouble === undefined ? {} : { trouble }),
  };
}

function troubleOf(twin: KubeObject, pods: readonly KubeObject[]): string | undefined {
  const conditions = statusOf(twin).conditions ?? [];
  const failure = conditions.find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  if (failure !== undefined) return sentence("ReplicaFailure", failure.message ?? failure.reason);
  const selector = Object.entries(specOf(twin).selector?.matchLabels ?? {});
  const own = pods.filter(({ metadata }) => selector.every(([key, value]) => metadata.labels?.[key] === value));
  for (const pod of own) {
    const trouble = podTrouble(pod);
    if (trouble !== undefined) return trouble;
  }
  const stuck = conditions.find(({ type, status }) => type === "Progressing" && status === "False");
  return stuck === undefined ? undefined : sentence(stuck.reason ?? "Progressing", stuck.message);
}

function podTrouble(pod: KubeObject): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [], conditions = [] } = (pod["status"] ?? {}) as PodStatus;
  for (const { name, state, lastState } of [...initContainerStatuses, ...containerStatuses]) {
    const { reason = "", message } = state?.waiting ?? {};
    if (ON_THE_WAY.has(reason)) continue;
    const exit = lastState?.terminated?.exitCode;
    const last = exit === undefined ? "" : `, last exit code ${exit}`;
    return sentence(
      reason,
      `container ${name} of pod ${pod.metadata.name}${last}${message === undefined ? "" : `: ${message}`}`,
    );
  }
  const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  return unscheduled === undefined
    ? undefined
    : sentence(
        unscheduled.reason ?? "Unschedulable",
        `pod ${pod.metadata.name}: ${unscheduled.message ?? "no node fits"}`,
      );
}

function sentence(reason: string, detail: string | undefined): string {
  return detail === undefined ? `${reason}.` : `${reason}: ${detail.replace(/\.$/, "")}.`;
}
