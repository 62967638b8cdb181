import type { KubeObject } from "../kube/port.ts";
import { ref, type House } from "./fixture.test-helper.ts";

/** The shop's, as its user writes it. */
export const autoscaler = (minReplicas?: number): KubeObject => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { ...ref },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: ref.name },
    maxReplicas: 10,
    ...(minReplicas === undefined ? {} : { minReplicas }),
  },
});

export const floorOf = (house: House): number | undefined =>
  (house.object("horizontalpodautoscalers.autoscaling")?.["spec"] as { minReplicas?: number } | undefined)?.minReplicas;
