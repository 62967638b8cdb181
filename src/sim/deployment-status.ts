import { timestamp } from "./api-server.ts";
import { limitsOf } from "./rolling.ts";
import type { Deployment, DeploymentCondition, ReplicaSet, WorkloadStatus } from "./workload-types.ts";

type Draft = Pick<DeploymentCondition, "status" | "reason" | "message">;

/** Zeros are left out, as Go's omitempty does. */
export function withoutZeros(status: WorkloadStatus): WorkloadStatus {
  return Object.fromEntries(
    Object.entries(status).filter(([key, value]) => value !== 0 || key === "replicas"),
  ) as WorkloadStatus;
}

function total(sets: readonly ReplicaSet[], field: "replicas" | "readyReplicas" | "availableReplicas"): number {
  return sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
}

/**
 * The status that the deployment controller writes, and after how long it should look again for the progress deadline.
 * @param nowMs milliseconds since the epoch
 */
export function deploymentStatus(
  deployment: Deployment,
  newest: ReplicaSet | undefined,
  sets: readonly ReplicaSet[],
  nowMs: number,
): { status: WorkloadStatus; checkAgainMs?: number } {
  const { spec, metadata } = deployment;
  const old = deployment.status ?? {};
  const available = total(sets, "availableReplicas");
  const asked = sets.reduce((sum, set) => sum + set.spec.replicas, 0);
  const status = withoutZeros({
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    replicas: total(sets, "replicas"),
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: total(sets, "readyReplicas"),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, asked - available),
  });
  if (status.replicas === 0) delete status.replicas;
  const { maxSurge = 0, maxUnavailable = 0 } = spec.strategy.rollingUpdate ?? {};
  const enough = available >= spec.replicas - limitsOf(spec.replicas, maxSurge, maxUnavailable).maxUnavailable;
  const conditions: DeploymentCondition[] = [];
  const now = timestamp(nowMs);

  function put(type: string, draft: Draft, touch: boolean): void {
    const before = old.conditions?.find((condition) => condition.type === type);
    const same = before?.status === draft.status && before.reason === draft.reason && before.message === draft.message;
    if (before && same && !touch) conditions.push(before);
    else {
      const lastTransitionTime = before?.status === draft.status ? before.lastTransitionTime : now;
      conditions.push({ type, ...draft, lastUpdateTime: now, lastTransitionTime });
    }
  }

  put(
    "Available",
    enough
      ? { status: "True", reason: "MinimumReplicasAvailable", message: "Deployment has minimum availability." }
      : {
          status: "False",
          reason: "MinimumReplicasUnavailable",
          message: "Deployment does not have minimum availability.",
        },
    false,
  );
  const before = old.conditions?.find(({ type }) => type === "Progressing");
  const done = isComplete(spec.replicas, status);
  const moved = (["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"] as const).some(
    (field) => (status[field] ?? 0) !== (old[field] ?? 0),
  );
  const name = newest ? `ReplicaSet "${newest.metadata.name}"` : `Deployment "${metadata.name}"`;
  let checkAgainMs: number | undefined;
  if (spec.paused) {
    const paused = { status: "Unknown", reason: "DeploymentPaused", message: "Deployment is paused" } as const;
    // A deadline that has passed stays passed.
    put("Progressing", before?.reason === "ProgressDeadlineExceeded" ? before : paused, false);
  } else if (done) {
    put(
      "Progressing",
      { status: "True", reason: "NewReplicaSetAvailable", message: `${name} has successfully progressed.` },
      false,
    );
  } else {
    const sinceMs = before?.reason === "ReplicaSetUpdated" && !moved ? Date.parse(before.lastUpdateTime) : nowMs;
    const leftMs = sinceMs + spec.progressDeadlineSeconds * 1_000 - nowMs;
    const wasLate = before?.reason === "ProgressDeadlineExceeded" && !moved;
    if (wasLate || leftMs <= 0) {
      put(
        "Progressing",
        { status: "False", reason: "ProgressDeadlineExceeded", message: `${name} has timed out progressing.` },
        false,
      );
    } else {
      put("Progressing", { status: "True", reason: "ReplicaSetUpdated", message: `${name} is progressing.` }, moved);
      checkAgainMs = leftMs;
    }
  }
  if (conditions.length > 0) status.conditions = conditions;
  return { status, ...(checkAgainMs === undefined ? {} : { checkAgainMs }) };
}

function isComplete(replicas: number, status: WorkloadStatus): boolean {
  const { updatedReplicas = 0, replicas: all = 0, availableReplicas = 0 } = status;
  return updatedReplicas === replicas && all === replicas && availableReplicas === replicas;
}
