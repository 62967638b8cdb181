import { describe, expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { findAutoscaler, floorAsFound, floorPatch, raisedFloor, restoreFloorPatch } from "./floor.ts";

function hpa(
  spec: { minReplicas?: number; maxReplicas: number },
  target = { kind: "Deployment", name: "checkout" },
): KubeObject {
  const metadata = { name: "checkout", namespace: "shop" };
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata,
    spec: { scaleTargetRef: target, ...spec },
  };
}

const path = "/spec/minReplicas";

describe("floorPatch", () => {
  test("raises the floor to the size at the start, as far as the ceiling allows", () => {
    expect(floorPatch(hpa({ minReplicas: 2, maxReplicas: 10 }), 6)).toEqual([
      { op: "test", path, value: 2 },
      { op: "add", path, value: 6 },
    ]);
    expect(floorPatch(hpa({ maxReplicas: 4 }), 6)).toEqual([{ op: "add", path, value: 4 }]);
    expect(raisedFloor(hpa({ maxReplicas: 4 }), 6)).toBe(4);
  });

  test("never lowers it", () => {
    expect(floorPatch(hpa({ minReplicas: 6, maxReplicas: 10 }), 6)).toEqual([]);
    expect(floorPatch(hpa({ minReplicas: 8, maxReplicas: 10 }), 6)).toEqual([]);
    expect(floorPatch(hpa({ maxReplicas: 10 }), 0)).toEqual([]);
  });
});

describe("restoreFloorPatch", () => {
  const found = floorAsFound(hpa({ minReplicas: 2, maxReplicas: 10 }));

  test("puts back what was found while it is still ours", () => {
    expect(found).toEqual({ kind: "HorizontalPodAutoscaler", name: "checkout", minReplicas: 2 });
    expect(restoreFloorPatch(hpa({ minReplicas: 6, maxReplicas: 10 }), found, 6)).toEqual([
      { op: "test", path, value: 6 },
      { op: "replace", path, value: 2 },
    ]);
    expect(restoreFloorPatch(hpa({ minReplicas: 4, maxReplicas: 4 }), found, 6)).toHaveLength(2);
  });

  test("puts back as well what an earlier run had raised, of another size", () => {
    const earlier = { ...found, raisedTo: 4 };
    expect(restoreFloorPatch(hpa({ minReplicas: 4, maxReplicas: 10 }), earlier, 3)).toHaveLength(2);
    expect(restoreFloorPatch(hpa({ minReplicas: 5, maxReplicas: 10 }), earlier, 3)).toEqual([]);
  });

  test("takes the floor away where there was none", () => {
    const none = floorAsFound(hpa({ maxReplicas: 10 }));
    expect(none).not.toHaveProperty("minReplicas");
    expect(restoreFloorPatch(hpa({ minReplicas: 6, maxReplicas: 10 }), none, 6)).toContainEqual({ op: "remove", path });
  });

  test("leaves a floor that somebody chose since, and one that never was raised", () => {
    expect(restoreFloorPatch(hpa({ minReplicas: 3, maxReplicas: 10 }), found, 6)).toEqual([]);
    expect(restoreFloorPatch(hpa({ minReplicas: 2, maxReplicas: 10 }), found, 6)).toEqual([]);
    expect(restoreFloorPatch(hpa({ minReplicas: 2, maxReplicas: 10 }), found, 2)).toEqual([]);
  });
});

describe("KEDA's ScaledObject", () => {
  const scaled = (spec: { minReplicaCount?: number; maxReplicaCount?: number }): KubeObject => ({
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name: "checkout", namespace: "shop", uid: "k" },
    spec: { scaleTargetRef: { name: "checkout" }, ...spec },
  });

  test("has its floor raised and put back, to nothing at all too", () => {
    const countPath = "/spec/minReplicaCount";
    expect(floorPatch(scaled({}), 6)).toEqual([{ op: "add", path: countPath, value: 6 }]);
    expect(floorPatch(scaled({ minReplicaCount: 2, maxReplicaCount: 4 }), 6)).toEqual([
      { op: "test", path: countPath, value: 2 },
      { op: "add", path: countPath, value: 4 },
    ]);
    expect(restoreFloorPatch(scaled({ minReplicaCount: 6 }), floorAsFound(scaled({})), 6)).toContainEqual({
      op: "remove",
      path: countPath,
    });
    expect(restoreFloorPatch(scaled({ minReplicaCount: 1 }), floorAsFound(scaled({ minReplicaCount: 0 })), 1)).toEqual([
      { op: "test", path: countPath, value: 1 },
      { op: "replace", path: countPath, value: 0 },
    ]);
  });

  test("is what is changed, and not the autoscaler that KEDA makes from it", () => {
    const made = hpa({ maxReplicas: 3 });
    made.metadata.ownerReferences = [
      { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", name: "checkout", uid: "k" },
    ];
    const ours = scaled({});
    expect(findAutoscaler([made, ours], "checkout")).toBe(ours);
    expect(findAutoscaler([made], "checkout")).toBeUndefined();
  });
});

test("the autoscaler of a Deployment is found by what it scales", () => {
  const other = hpa({ maxReplicas: 3 }, { kind: "StatefulSet", name: "checkout" });
  const ours = hpa({ maxReplicas: 3 });
  expect(findAutoscaler([other, ours], "checkout")).toBe(ours);
  expect(findAutoscaler([other], "checkout")).toBeUndefined();
});
