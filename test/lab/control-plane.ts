import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Admin } from "./admin.ts";
import { createPart, type Part } from "./part.ts";
import type { Parts } from "./parts.ts";
import type { Ports } from "./ports.ts";
import { ensureTool } from "./tools.ts";
import { type Tokens, type UserName, writeKubeconfigs, writeTokenFile } from "./users.ts";

export interface ControlPlaneOptions {
  readonly dir: string;
  readonly ports: Ports;
  readonly mutatingAdmissionPolicy: boolean;
  /** For kube-apiserver. */
  readonly featureGates: Readonly<Record<string, boolean>>;
  readonly apiserverArgs: readonly string[];
}

export interface ControlPlane {
  /** Not started yet: a lab without pods has no use for it. */
  readonly controllerManager: Part;
  readonly admin: Admin;
  readonly url: string;
  readonly ca: string;
  readonly tokens: Tokens;
  readonly kubeconfigs: Readonly<Record<UserName, string>>;
}

// The clusterrole aggregator is what fills the built-in roles `admin` and `edit`.
const controllers = [
  "deployment-controller",
  "replicaset-controller",
  "endpointslice-controller",
  "namespace-controller",
  "serviceaccount-controller",
  "garbage-collector-controller",
  "horizontal-pod-autoscaler-controller",
  "disruption-controller",
  "resourcequota-controller",
  "clusterrole-aggregation-controller",
];

/**
 * Both are needed. With the gate alone the kinds are still served and policies accepted, and do nothing; without the kinds alone
 * the apiserver never becomes ready.
 */
const noMutatingAdmissionPolicy = {
  gates: { MutatingAdmissionPolicy: false },
  args: [
    `--runtime-config=${["mutatingadmissionpolicies", "mutatingadmissionpolicybindings"]
      .map((plural) => `admissionregistration.k8s.io/v1/${plural}=false`)
      .join(",")}`,
  ],
};

/** etcd and kube-apiserver, running. */
export async function startControlPlane(options: ControlPlaneOptions, parts: Parts): Promise<ControlPlane> {
  const { dir, ports } = options;
  const url = `https://127.0.0.1:${ports.apiserver}`;
  const tokens = await writeTokenFile(join(dir, "tokens.csv"));
  const etcd = await etcdPart(dir, ports);
  const certificate = join(dir, "certs", "apiserver.crt");
  let admin: Admin | undefined;
  const apiserver = await apiserverPart(options, async () => {
    if (!existsSync(certificate)) return false;
    admin ??= new Admin({ url, token: tokens.admin, ca: readFileSync(certificate, "utf8") });
    return (await admin.call<string>("GET", "/readyz")) === "ok";
  });
  await parts.start("etcd", etcd);
  await parts.start("apiserver", apiserver);
  if (admin === undefined) throw new Error("the apiserver was ready before it had a certificate");
  const ca = readFileSync(certificate, "utf8");
  const kubeconfigs = await writeKubeconfigs(dir, url, ca, tokens);
  const controllerManager = await controllerManagerPart(dir, kubeconfigs.admin, admin);
  return { controllerManager, admin, url, ca, tokens, kubeconfigs };
}

async function etcdPart(dir: string, ports: Ports): Promise<Part> {
  const client = `http://127.0.0.1:${ports.etcdClient}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return createPart({
    name: "etcd",
    command: await ensureTool("etcd"),
    args: [
      `--data-dir=${join(dir, "etcd")}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      // A lab's data need not outlive a power cut.
      "--unsafe-no-fsync",
      "--log-level=warn",
    ],
    logFile: join(dir, "etcd.log"),
    ready: async () => (await fetch(`${client}/health`)).ok,
  });
}

async function apiserverPart(options: ControlPlaneOptions, ready: () => Promise<boolean>): Promise<Part> {
  const { dir, ports } = options;
  const key = join(dir, "service-account.pem");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(key, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const without = options.mutatingAdmissionPolicy ? { gates: {}, args: [] } : noMutatingAdmissionPolicy;
  const gates = Object.entries({ ...without.gates, ...options.featureGates }).map(([gate, on]) => `${gate}=${on}`);
  return createPart({
    name: "apiserver",
    command: await ensureTool("kube-apiserver"),
    args: [
      `--etcd-servers=http://127.0.0.1:${ports.etcdClient}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${ports.apiserver}`,
      `--cert-dir=${join(dir, "certs")}`,
      "--advertise-address=10.244.0.1",
      "--endpoint-reconciler-type=none",
      "--service-cluster-ip-range=10.96.0.0/16",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      `--token-auth-file=${join(dir, "tokens.csv")}`,
      "--authorization-mode=RBAC",
      "--disable-admission-plugins=ServiceAccount",
      ...(gates.length === 0 ? [] : [`--feature-gates=${gates.join(",")}`]),
      ...without.args,
      ...options.apiserverArgs,
    ],
    logFile: join(dir, "apiserver.log"),
    ready,
    readyWithinMs: 60_000,
  });
}

async function controllerManagerPart(dir: string, kubeconfig: string, admin: Admin): Promise<Part> {
  return createPart({
    name: "controller-manager",
    command: await ensureTool("kube-controller-manager"),
    args: [
      `--kubeconfig=${kubeconfig}`,
      "--leader-elect=false",
      "--secure-port=0",
      `--service-account-private-key-file=${join(dir, "service-account.pem")}`,
      "--use-service-account-credentials=false",
      `--controllers=${controllers.join(",")}`,
      "--horizontal-pod-autoscaler-sync-period=2s",
      // A test has seconds where a cluster has minutes.
      "--horizontal-pod-autoscaler-downscale-stabilization=4s",
      "--horizontal-pod-autoscaler-cpu-initialization-period=1s",
      "--horizontal-pod-autoscaler-initial-readiness-delay=1s",
      "--kube-api-qps=300",
      "--kube-api-burst=600",
    ],
    logFile: join(dir, "controller-manager.log"),
    // It has no port to ask; the first service account is a sign that its controllers run.
    ready: async () =>
      (await admin.find({ apiVersion: "v1", kind: "ServiceAccount", namespace: "default", name: "default" })) !==
      undefined,
  });
}
