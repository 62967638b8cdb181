import { readFile } from "node:fs/promises";
import type { KubeObject } from "../../src/kube/port.ts";
import type { Admin } from "./admin.ts";
import { nodeName } from "./kubelet/kubelet.ts";
import { sayOnStderr } from "./tools.ts";
import { crdFile } from "./tools/crds.ts";
import { until } from "./wait.ts";

export interface SeedOptions {
  readonly istio: boolean;
  readonly gatewayApi: boolean;
  readonly namespaces: readonly string[];
}

/** What a cluster has before anybody uses it: namespaces, a node, people's rights, the mesh's CRDs. */
export async function seedCluster(admin: Admin, options: SeedOptions): Promise<void> {
  const crds = [
    ...(options.istio ? await readCrds("istio-crds") : []),
    ...(options.gatewayApi ? await readCrds("gateway-api-crds") : []),
  ];
  const objects: KubeObject[] = [
    ...options.namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    // Without a node of that name the EndpointSlice controller leaves out every pod that is bound to it.
    { apiVersion: "v1", kind: "Node", metadata: { name: nodeName, labels: { "kubernetes.io/hostname": nodeName } } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "lab-alice-edits" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "alice" }],
    },
    ...crds,
  ];
  await Promise.all(objects.map((object) => admin.apply(object)));
  await establish(admin, crds);
}

/** Applies CustomResourceDefinitions and waits until the apiserver serves them. */
export async function applyCrds(admin: Admin, crds: readonly KubeObject[]): Promise<void> {
  await Promise.all(crds.map((crd) => admin.apply(crd)));
  await establish(admin, crds);
}

async function establish(admin: Admin, crds: readonly KubeObject[]): Promise<void> {
  const wanted = new Set(crds.map((crd) => crd.metadata.name));
  if (wanted.size === 0) return;
  await until("all CRDs are established", async () => {
    const present = await admin.list({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" });
    const established = present.filter(
      (crd) =>
        wanted.has(crd.metadata.name) &&
        conditionsOf(crd).some(({ type, status }) => type === "Established" && status === "True"),
    );
    return established.length === wanted.size;
  });
}

function conditionsOf(object: KubeObject): { type: string; status: string }[] {
  return (object as { status?: { conditions?: { type: string; status: string }[] } }).status?.conditions ?? [];
}

async function readCrds(name: "istio-crds" | "gateway-api-crds"): Promise<KubeObject[]> {
  return JSON.parse(await readFile(await crdFile(name, sayOnStderr), "utf8")) as KubeObject[];
}
