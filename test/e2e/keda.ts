import type { KubeObject } from "../../src/kube/port.ts";
import type { LabClient } from "../lab/client.ts";
import { applyCrds } from "../lab/seed.ts";
import type { Shop } from "../lab/namespace.ts";

const apiVersion = "keda.sh/v1alpha1";
const count = { type: "integer", format: "int32" };
const text = { type: "string" };

/** KEDA's ScaledObject as far as its API server takes part: names, scope, and the fields that say what is sized, and how far. */
const scaledObjectCrd: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "scaledobjects.keda.sh" },
  spec: {
    group: "keda.sh",
    scope: "Namespaced",
    names: {
      kind: "ScaledObject",
      listKind: "ScaledObjectList",
      plural: "scaledobjects",
      singular: "scaledobject",
      shortNames: ["so"],
    },
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            required: ["spec"],
            properties: {
              spec: {
                type: "object",
                required: ["scaleTargetRef", "triggers"],
                properties: {
                  scaleTargetRef: {
                    type: "object",
                    required: ["name"],
                    properties: { apiVersion: text, kind: text, name: text },
                  },
                  minReplicaCount: count,
                  maxReplicaCount: count,
                  idleReplicaCount: count,
                  triggers: { type: "array", items: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
                },
              },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
};

/** Makes the API server serve ScaledObjects. Nobody acts on them: KEDA itself is not there. */
export async function serveScaledObjects(lab: LabClient): Promise<void> {
  await applyCrds(lab.admin, [scaledObjectCrd]);
}

/** A ScaledObject without a floor for the shop's Deployment, and the autoscaler that KEDA would make of it. */
export async function scaleByKeda(lab: LabClient, { namespace, name }: Shop): Promise<void> {
  const metadata = { namespace, name };
  const triggers = [{ type: "cpu", metricType: "Utilization", metadata: { value: "50" } }];
  const { uid = "" } = (
    await lab.admin.create({
      apiVersion,
      kind: "ScaledObject",
      metadata,
      spec: { scaleTargetRef: { name }, maxReplicaCount: 12, triggers },
    })
  ).metadata;
  const hpa: KubeObject = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: {
      namespace,
      name: `keda-hpa-${name}`,
      ownerReferences: [{ apiVersion, kind: "ScaledObject", name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      minReplicas: 1,
      maxReplicas: 12,
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
      ],
    },
  };
  await lab.admin.create(hpa);
}
