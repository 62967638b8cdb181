import type { AsFound } from "../api/run.ts";
import type { JsonPatchOperation, KubeObject } from "../kube/port.ts";

type ScalingAsFound = NonNullable<AsFound["scaling"]>;

interface HpaSpec {
  minReplicas?: number;
  maxReplicas?: number;
  scaleTargetRef?: { apiVersion?: string; kind?: string; name?: string };
}

const PATH = "/spec/minReplicas";

function specOf(hpa: KubeObject): HpaSpec {
  return (hpa["spec"] ?? {}) as HpaSpec;
}

/** The HorizontalPodAutoscaler that sizes this Deployment. */
export function findAutoscaler(hpas: readonly KubeObject[], deployment: string): KubeObject | undefined {
  return hpas.find((hpa) => {
    const { kind, name } = specOf(hpa).scaleTargetRef ?? {};
    return kind === "Deployment" && name === deployment;
  });
}

/** The floor as it is, to be persisted before it is raised. */
export function floorAsFound(hpa: KubeObject): ScalingAsFound {
  return { kind: hpa.kind, name: hpa.metadata.name, minReplicas: specOf(hpa).minReplicas ?? null };
}

/** What the floor is raised to: the size at the start, as far as the ceiling allows. An autoscaler without a floor has 1. */
export function raisedFloor(hpa: KubeObject, sizeAtStart: number): number {
  const { minReplicas = 1, maxReplicas = sizeAtStart } = specOf(hpa);
  return Math.max(minReplicas, Math.min(sizeAtStart, maxReplicas));
}

/** Raises the floor, so that the autoscaler does not take pods away from the live revision as its traffic moves; never lowers it. */
export function floorPatch(hpa: KubeObject, sizeAtStart: number): JsonPatchOperation[] {
  const { minReplicas } = specOf(hpa);
  const raised = raisedFloor(hpa, sizeAtStart);
  if (raised <= (minReplicas ?? 1)) return [];
  return [...testFloor(minReplicas), { op: "add", path: PATH, value: raised }];
}

/**
 * Puts the floor back as it was found, if it still is `ours`, the size that was asked for, or the most of it that the ceiling
 * allows; otherwise somebody chose it since, and it stays.
 */
export function restoreFloorPatch(hpa: KubeObject, asFound: ScalingAsFound, ours: number): JsonPatchOperation[] {
  const { minReplicas, maxReplicas = ours } = specOf(hpa);
  const isOurs = minReplicas === ours || minReplicas === Math.min(ours, maxReplicas);
  if (!isOurs || minReplicas === undefined || minReplicas <= (asFound.minReplicas ?? 1)) return [];
  const change: JsonPatchOperation =
    asFound.minReplicas === null
      ? { op: "remove", path: PATH }
      : { op: "replace", path: PATH, value: asFound.minReplicas };
  return [...testFloor(minReplicas), change];
}

function testFloor(minReplicas: number | undefined): JsonPatchOperation[] {
  return minReplicas === undefined ? [] : [{ op: "test", path: PATH, value: minReplicas }];
}
