import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../src/kube/port.ts";
import { refOf } from "../lab/admin.ts";
import type { LabClient } from "../lab/client.ts";
import { kubectl } from "../lab/kubectl.ts";
import { applyCrds } from "../lab/seed.ts";
import { until } from "../lab/wait.ts";

/** Which of deploy/'s ways to install. */
export type Variant = "deploy" | "deploy/variants/kubernetes-1.30";

/**
 * Installs what deploy/ installs, but for the controller's own pods: CRDs, the service account's rights and no others, the
 * policies. Resolves when all of it is in force. Doing it again changes nothing.
 */
export async function installSluice(lab: LabClient, variant: Variant = "deploy"): Promise<void> {
  const objects = await kustomize(lab, variant);
  const isCrd = ({ kind }: KubeObject) => kind === "CustomResourceDefinition";
  const isPod = ({ kind }: KubeObject) => kind === "Deployment" || kind === "PodDisruptionBudget";
  const isNamespace = ({ kind }: KubeObject) => kind === "Namespace";
  for (const namespace of objects.filter(isNamespace)) await lab.admin.apply(namespace, "kubectl");
  await applyCrds(lab.admin, objects.filter(isCrd));
  const rest = objects.filter((object) => !isCrd(object) && !isPod(object) && !isNamespace(object));
  await Promise.all(rest.map((object) => lab.admin.apply(object, "kubectl")));
  if (rest.some(({ kind }) => kind === "MutatingAdmissionPolicy")) await waitForHold(lab);
}

async function kustomize(lab: LabClient, folder: Variant): Promise<KubeObject[]> {
  const yaml = await kubectl(lab, ["kustomize", fileURLToPath(new URL(`../../${folder}`, import.meta.url))]);
  return parseAllDocuments(yaml).map((document) => document.toJS() as KubeObject);
}

/** Until the hold is in force. The API server learns of a new policy from a watch: until it has, a template that changes is not held. */
export async function waitForHold(lab: LabClient): Promise<void> {
  const labels = { app: "probe" };
  const probe: KubeObject = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "hold-probe", namespace: "default", annotations: { "sluice.dev/rollout": "probe" } },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "app", image: "probe:v1" }] } },
    },
  };
  const there = await lab.admin.apply(probe);
  const patch = [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "probe:v2" }];
  await until("the hold is in force", async () => {
    const held = await lab.admin.jsonPatch(refOf(there), patch, { dryRun: "All" });
    return (held["spec"] as { paused?: boolean }).paused === true;
  });
  await lab.admin.delete(refOf(there));
}
