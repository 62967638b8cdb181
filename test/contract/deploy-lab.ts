import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { LABEL_ROLLOUT } from "../../src/api/metadata.ts";
import { systemClock } from "../../src/clock.ts";
import { runObject } from "../../src/commands/run-fixture.test-helper.ts";
import { rolloutRuns } from "../../src/controller/resources.ts";
import { createKubeClient, type KubeClient } from "../../src/kube/client.ts";
import { loadKubeConfig } from "../../src/kube/kubeconfig.ts";
import type { JsonPatchOperation, KubeObject } from "../../src/kube/port.ts";
import { deployments, selfSubjectAccessReviews } from "../../src/kube/resources.ts";
import { kubectl } from "../lab/kubectl.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import type { UserName } from "../lab/users.ts";
import { until } from "../lab/wait.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const namespace = "shop";
export const ref = { namespace, name: "checkout" };
export const heldBy = "sluice.dev/rollout";

interface Given {
  verb: string;
  step?: string;
  by?: string;
}

export interface Typed {
  code: number;
  out: string;
  err: string;
}

/** A real API server with deploy/ applied, a held Deployment `checkout`, and its run `checkout-1`. Alice has what `edit` gives. */
export interface DeployLab {
  lab: Lab;
  alice: KubeClient;
  sluice: KubeClient;
  clientOf(user: UserName): KubeClient;
  /** What `sluice get` said before anything was installed. */
  before: Typed;
  /** Objects of a kustomization. */
  rendered(folder: string): Promise<KubeObject[]>;
  /** May the controller do this? `what` as in "deployments.apps", "rollouts.sluice.dev/status". */
  may(verb: string, what: string, where?: { namespace?: string; name?: string }): Promise<boolean>;
  /** Gives alice a ClusterRole. */
  bind(role: string): Promise<void>;
  /** Alice changes the Deployment's image. */
  ship(tag: string, options?: { dryRun?: boolean }): Promise<KubeObject>;
  /** Alice gives the run these commands in one write. */
  give(first: Given, options?: { dryRun?: boolean }, ...more: Given[]): Promise<KubeObject>;
  /** `sluice ARGS` as this user. */
  typed(user: UserName, ...args: string[]): Promise<Typed>;
  close(): Promise<void>;
}

/** Boots it; resolves when all that was applied is in force. */
export async function openDeployLab(): Promise<DeployLab> {
  const lab = await startLab({
    workloads: false,
    mesh: false,
    prometheus: false,
    index: 2,
    // Only for the variant for 1.34: this server has v1 too.
    apiserverArgs: ["--runtime-config=admissionregistration.k8s.io/v1beta1=true"],
  });
  const clientOf = (user: UserName) =>
    createKubeClient({ kubeConfig: loadKubeConfig({ kubeconfig: lab.kubeconfig(user) }), clock: systemClock });
  const alice = clientOf("alice");
  const sluice = clientOf("sluice");
  let ids = 0;

  async function bind(role: string): Promise<void> {
    const group = "rbac.authorization.k8s.io";
    await lab.admin.apply({
      apiVersion: `${group}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: `alice-${role.replaceAll(":", "-")}` },
      roleRef: { apiGroup: group, kind: "ClusterRole", name: role },
      subjects: [{ apiGroup: group, kind: "User", name: "alice" }],
    });
  }

  async function typed(user: UserName, ...args: string[]): Promise<Typed> {
    const child = spawn(process.execPath, [`${root}/src/cli.ts`, ...args, "--kubeconfig", lab.kubeconfig(user)], {
      env: { ...process.env, npm_lifecycle_event: "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { code: code as number, out, err };
  }

  await lab.admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const before = await typed("admin", "get", "-n", namespace);
  await kubectl(lab, ["apply", "--server-side", "--force-conflicts", "-k", `${root}/deploy`]);
  // Nobody aggregates roles here: alice gets what `edit` would be made of.
  const roles = ["system:aggregate-to-edit", "system:aggregate-to-view", "sluice-view", "sluice-edit"];
  await Promise.all(roles.map(bind));
  await lab.admin.apply(deployment("shop/checkout:v1"));
  await until("runs are served", () => sluice.list(rolloutRuns, { namespace }));
  await sluice.create(rolloutRuns, freshRun());

  const house: DeployLab = {
    lab,
    alice,
    sluice,
    clientOf,
    before,
    bind,
    typed,
    async rendered(folder) {
      const yaml = await kubectl(lab, ["kustomize", `${root}/${folder}`]);
      return parseAllDocuments(yaml).map((document) => document.toJS() as KubeObject);
    },
    async may(verb, what, where = {}) {
      const [full = "", subresource] = what.split("/");
      const [resource, ...group] = full.split(".");
      const named = subresource === undefined ? {} : { subresource };
      const answer = await sluice.create(selfSubjectAccessReviews, {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        metadata: { name: "" },
        spec: { resourceAttributes: { verb, group: group.join("."), resource, ...named, ...where } },
      });
      return (answer["status"] as { allowed: boolean }).allowed;
    },
    ship(tag, options = {}) {
      const path = "/spec/template/spec/containers/0/image";
      const operations = [{ op: "replace" as const, path, value: `shop/checkout:${tag}` }];
      return alice.patch(deployments, ref, { type: "json", operations }, options);
    },
    give(first, options = {}, ...more) {
      const operations: JsonPatchOperation[] = [first, ...more].map((command) => ({
        op: "add",
        path: "/spec/commands/-",
        value: { id: `test-${++ids}`, ...command },
      }));
      return alice.patch(rolloutRuns, runRef(1), { type: "json", operations }, options);
    },
    async close() {
      await Promise.all([alice.close(), sluice.close()]);
      await lab.stop();
    },
  };
  await inForce(house);
  return house;
}

/** The API server learns of roles and policies from watches of its own. */
async function inForce({ alice, ship, give }: DeployLab): Promise<void> {
  await until("alice has her roles", async () => (await alice.list(rolloutRuns, { namespace })).items.length === 1);
  await until("the policies are in force", async () => {
    const held = await ship("probe", { dryRun: true });
    const dryRun = give({ verb: "approve", step: "first" }, { dryRun: true });
    const refusal = await dryRun.catch((error: Error) => error.message);
    return pausedOf(held) === true && String(refusal).includes("may not approve");
  });
}

export function deployment(image: string, spec: object = {}): KubeObject {
  const labels = { app: "checkout" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "app", image }] } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...ref, annotations: { [heldBy]: "checkout" } },
    spec: { ...spec, selector: { matchLabels: labels }, template },
  };
}

export function pausedOf(object: KubeObject): boolean | undefined {
  return (object["spec"] as { paused?: boolean }).paused;
}

export function rollout(): KubeObject {
  const spec = { workload: { name: "checkout" }, traffic: { istio: { virtualServices: [{ name: "checkout" }] } } };
  return { apiVersion: "sluice.dev/v1alpha1", kind: "Rollout", metadata: ref, spec };
}

export function runRef(ordinal: number): { namespace: string; name: string } {
  return { namespace, name: `checkout-${ordinal}` };
}

function freshRun(): KubeObject {
  const { status: _, metadata, ...run } = runObject(1, {}, namespace);
  const labels = { [LABEL_ROLLOUT]: "checkout" };
  return { ...run, metadata: { name: metadata.name, namespace, labels } } as KubeObject;
}

export function commandsOf(run: KubeObject): Given[] {
  return (run["spec"] as { commands: Given[] }).commands;
}
