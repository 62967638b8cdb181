import type { AsFound } from "../api/run.ts";
import type { JsonPatchOperation, KubeObject } from "../kube/port.ts";

type ScalingAsFound = NonNullable<AsFound["scaling"]>;

const SCALED_OBJECT = "ScaledObject";

interface Bounds {
  /** Where the floor stands. */
  path: string;
  min: number | undefined;
  /** What an absent floor means. */
  minByDefault: number;
  max: number | undefined;
}

interface AutoscalerSpec {
  minReplicas?: number;
  maxReplicas?: number;
  minReplicaCount?: number;
  maxReplicaCount?: number;
  scaleTargetRef?: { apiVersion?: string; kind?: string; name?: string };
}

function specOf(autoscaler: KubeObject): AutoscalerSpec {
  return (autoscaler["spec"] ?? {}) as AutoscalerSpec;
}

/** KEDA's ScaledObject may go down to nothing, and up to 100 (keda.sh/v1alpha1). */
function boundsOf(autoscaler: KubeObject): Bounds {
  const { minReplicas, maxReplicas, minReplicaCount, maxReplicaCount = 100 } = specOf(autoscaler);
  return autoscaler.kind === SCALED_OBJECT
    ? { path: "/spec/minReplicaCount", min: minReplicaCount, minByDefault: 0, max: maxReplicaCount }
    : { path: "/spec/minReplicas", min: minReplicas, minByDefault: 1, max: maxReplicas };
}

/**
 * What sizes this Deployment: a HorizontalPodAutoscaler, or KEDA's ScaledObject. One that a ScaledObject has made is passed over: KEDA
 * would write back what anybody else writes into it.
 */
export function findAutoscaler(autoscalers: readonly KubeObject[], deployment: string): KubeObject | undefined {
  return autoscalers.find((autoscaler) => {
    const { kind = autoscaler.kind === SCALED_OBJECT ? "Deployment" : "", name } =
      specOf(autoscaler).scaleTargetRef ?? {};
    const isMade = autoscaler.metadata.ownerReferences?.some((owner) => owner.kind === SCALED_OBJECT) === true;
    return kind === "Deployment" && name === deployment && !isMade;
  });
}

/** The floor as it is, to be persisted before it is raised. */
export function floorAsFound(autoscaler: KubeObject): ScalingAsFound {
  const { min } = boundsOf(autoscaler);
  const name = autoscaler.metadata.name;
  return { kind: autoscaler.kind, name, ...(min === undefined ? {} : { minReplicas: min }) };
}

/** What the floor is raised to: the size at the start, as far as the ceiling allows. */
export function raisedFloor(autoscaler: KubeObject, sizeAtStart: number): number {
  const { minByDefault, min = minByDefault, max = sizeAtStart } = boundsOf(autoscaler);
  return Math.max(min, Math.min(sizeAtStart, max));
}

/** Raises the floor, so that the autoscaler does not take pods away from the live revision as its traffic moves; never lowers it. */
export function floorPatch(autoscaler: KubeObject, sizeAtStart: number): JsonPatchOperation[] {
  const bounds = boundsOf(autoscaler);
  const raised = raisedFloor(autoscaler, sizeAtStart);
  if (raised <= (bounds.min ?? bounds.minByDefault)) return [];
  return [...testFloor(bounds), { op: "add", path: bounds.path, value: raised }];
}

/**
 * Puts the floor back as it was found, if it still is `ours`, the size that was asked for, or the most of it that the ceiling
 * allows, or what an earlier run had raised it to; otherwise somebody chose it since, and it stays.
 */
export function restoreFloorPatch(autoscaler: KubeObject, asFound: ScalingAsFound, ours: number): JsonPatchOperation[] {
  const bounds = boundsOf(autoscaler);
  const { path, min, minByDefault, max = ours } = bounds;
  const isOurs = min === ours || min === Math.min(ours, max) || min === asFound.raisedTo;
  if (!isOurs || min === undefined || min <= (asFound.minReplicas ?? minByDefault)) return [];
  const change: JsonPatchOperation =
    typeof asFound.minReplicas === "number"
      ? { op: "replace", path, value: asFound.minReplicas }
      : { op: "remove", path };
  return [...testFloor(bounds), change];
}

function testFloor({ path, min }: Bounds): JsonPatchOperation[] {
  return min === undefined ? [] : [{ op: "test", path, value: min }];
}
