import type { KubeObject } from "../kube/port.ts";
import type { PodTemplate } from "./types.ts";

/** A pod template with this image. */
export function template(image: string, labels: Record<string, string> = {}): PodTemplate {
  return { metadata: { labels: { app: "checkout", ...labels } }, spec: { containers: [{ name: "app", image }] } };
}

/** shop/checkout of 4 pods with this template; by default all of it available and observed. */
export function deployment(
  image = "v1",
  {
    spec = {},
    status = {},
    ...metadata
  }: { spec?: object; status?: object; annotations?: Record<string, string> } = {},
): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "checkout", namespace: "shop", uid: "own", resourceVersion: "7", generation: 3, ...metadata },
    spec: { replicas: 4, selector: { matchLabels: { app: "checkout" } }, template: template(image), ...spec },
    status: {
      observedGeneration: 3,
      replicas: 4,
      updatedReplicas: 4,
      readyReplicas: 4,
      availableReplicas: 4,
      ...status,
    },
  };
}

/** A ReplicaSet of that Deployment with `[asked for, there, ready, available]` pods. */
export function replicaSet(
  image: string,
  counts: [spec: number, replicas: number, ready: number, available: number],
  owner = "own",
): KubeObject {
  const hash = `hash-${image}`;
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `checkout-${hash}`,
      namespace: "shop",
      labels: { app: "checkout", "pod-template-hash": hash },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "checkout", uid: owner, controller: true }],
    },
    spec: { replicas: counts[0], template: template(image, { "pod-template-hash": hash }) },
    status: { replicas: counts[1], readyReplicas: counts[2], availableReplicas: counts[3] },
  };
}
