import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Admin } from "./admin.ts";
import { LabClient, type LabControl, type LabInfo } from "./client.ts";
import { serveControl } from "./control.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type Kubelet, startKubelet } from "./kubelet/kubelet.ts";
import { serveMetricsApi } from "./kubelet/metrics-api.ts";
import { startMesh } from "./mesh/mesh.ts";
import { Parts } from "./parts.ts";
import { choosePorts, inLabNamespace, type Ports } from "./ports.ts";
import { prometheusPart } from "./prometheus.ts";
import { seedCluster } from "./seed.ts";
import { sayOnStderr } from "./tools.ts";

export interface LabOptions {
  /** Which lab in this network namespace: 0 to 3, each with ports and pod addresses of its own. @default 0 */
  index?: number;
  /** kube-controller-manager and the process kubelet. @default true */
  workloads?: boolean;
  /** istiod, the ingress gateway and the mesh client. @default true */
  mesh?: boolean;
  /** @default true */
  prometheus?: boolean;
  /** @default 2000 */
  scrapeIntervalMs?: number;
  /** HTTPRoutes: the Gateway API's CRDs, and istiod serving them. @default false */
  gatewayApi?: boolean;
  /** Serve MutatingAdmissionPolicy, as clusters from 1.36 on do by themselves. @default true */
  mutatingAdmissionPolicy?: boolean;
  /** `metrics.k8s.io`, from the load that pods carry, for HorizontalPodAutoscalers. @default false */
  podMetrics?: boolean;
  /** For kube-apiserver. */
  featureGates?: Readonly<Record<string, boolean>>;
  apiserverArgs?: readonly string[];
  /** The longest that a terminating pod serves on, whatever its grace period. @default 2000 */
  graceCapMs?: number;
  /** The mesh client, of which a network namespace has room for one: it listens at every service's port. @default true */
  meshClient?: boolean;
  /** Namespace of the mesh client's sidecar. @default "clients" */
  meshClientNamespace?: string;
  /** Leave logs and data behind at the end. @default SLUICE_LAB_KEEP=1 */
  keepDir?: boolean;
}

/** A lab that this process holds: it ends with `stop()`, with `await using`, or with the process. */
export class Lab extends LabClient implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;

  constructor(info: LabInfo, control: LabControl, stack: AsyncDisposableStack) {
    super(info, control);
    this.#stack = stack;
  }

  async stop(): Promise<void> {
    await this.close();
    await this.#stack.disposeAsync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Boots a real control plane and, unless told otherwise, pods, a mesh and Prometheus, as local processes.
 *
 * @example await using lab = await startLab({ mesh: false, prometheus: false });
 */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  if ((options.workloads ?? true) && !inLabNamespace()) {
    throw new Error("pods need addresses: run this inside the lab's network namespace, node test/lab/netns.ts COMMAND");
  }
  await using stack = new AsyncDisposableStack();
  const { info, control } = await boot(options, stack);
  // From here on the lab owns what was started; when boot fails, leaving this function takes it all down.
  return new Lab(info, control, stack.move());
}

async function boot(options: LabOptions, stack: AsyncDisposableStack): Promise<{ info: LabInfo; control: LabControl }> {
  const { index = 0, workloads = true, mesh = true, prometheus = true, gatewayApi = false } = options;
  const { meshClient = true, meshClientNamespace = "clients" } = options;
  const ports = await choosePorts(index);
  const dir = await makeDir(options, stack);
  const targetsFile = join(dir, "targets", "pods.json");
  const parts = new Parts(stack);
  const { featureGates = {}, apiserverArgs = [], mutatingAdmissionPolicy = true } = options;
  const plane = await startControlPlane({ dir, ports, featureGates, apiserverArgs, mutatingAdmissionPolicy }, parts);
  const { admin } = plane;
  stack.defer(() => admin.close());
  const namespaces = mesh ? ["istio-system", "istio-ingress", meshClientNamespace] : [];
  await seedCluster(admin, { istio: mesh, gatewayApi, namespaces });

  const starting: Promise<unknown>[] = [];
  let kubelet: Kubelet | undefined;
  if (workloads) {
    starting.push(parts.start("controller-manager", plane.controllerManager));
    kubelet = await startKubelet({ admin, index, targetsFile, graceCapMs: options.graceCapMs ?? 2_000 });
    stack.defer(() => kubelet?.stop());
    if (options.podMetrics === true) stack.use(await podMetrics(admin, dir, ports, kubelet));
  }
  if (mesh) {
    const kubeconfig = plane.kubeconfigs.admin;
    const clientNamespace = meshClient ? meshClientNamespace : undefined;
    starting.push(startMesh({ dir, ports, index, kubeconfig, gatewayApi, clientNamespace }, parts));
  }
  if (prometheus) {
    const scrapeIntervalMs = options.scrapeIntervalMs ?? 2_000;
    starting.push(parts.start("prometheus", await prometheusPart({ dir, ports, targetsFile, scrapeIntervalMs })));
  }
  // All settled before an error is passed on: nothing may still be starting while the rest is taken down.
  for (const result of await Promise.allSettled(starting)) if (result.status === "rejected") throw result.reason;

  const control = controlOver(parts, kubelet);
  const server = await serveControl(control, ports.control);
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { info: describe(dir, index, ports, plane, { mesh, meshClient: mesh && meshClient, prometheus }), control };
}

function podMetrics(admin: Admin, dir: string, ports: Ports, kubelet: Kubelet): Promise<AsyncDisposable> {
  const [certFile, keyFile] = ["crt", "key"].map((ending) => join(dir, "certs", `apiserver.${ending}`)) as [
    string,
    string,
  ];
  return serveMetricsApi({ admin, port: ports.metricsApi, certFile, keyFile, pods: () => kubelet.all() });
}

async function makeDir(options: LabOptions, stack: AsyncDisposableStack): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "sluice-lab-"));
  const keep = options.keepDir ?? process.env.SLUICE_LAB_KEEP === "1";
  stack.defer(async () => {
    if (keep) sayOnStderr(`logs and data are kept in ${dir}`);
    else await rm(dir, { recursive: true, force: true });
  });
  await mkdir(join(dir, "targets"));
  return dir;
}

function controlOver(parts: Parts, kubelet: Kubelet | undefined): LabControl {
  function running(): Kubelet {
    if (kubelet === undefined) throw new Error("this lab was started without workloads");
    return kubelet;
  }
  return {
    act: (...args) => parts.act(...args),
    setReady: (...args) => running().setReady(...args),
    setBehaviour: (...args) => running().setBehaviour(...args),
    pods: (...args) => running().pods(...args),
  };
}

function describe(
  dir: string,
  index: number,
  ports: Ports,
  plane: ControlPlane,
  has: { mesh: boolean; meshClient: boolean; prometheus: boolean },
): LabInfo {
  const local = (port: number) => `http://127.0.0.1:${port}`;
  const { url, ca, tokens, kubeconfigs } = plane;
  const gateway = { url: local(ports.gateway), adminUrl: local(ports.gatewayAdmin), port: ports.gateway };
  const meshClient = { url: "http://127.0.0.1", adminUrl: local(ports.meshClientAdmin) };
  const istiod = { debugUrl: local(ports.istiodMonitoring), validateUrl: `${local(ports.istiodHttp)}/validate` };
  return {
    index,
    dir,
    apiserver: { url, ca },
    tokens,
    kubeconfigs,
    gateway: has.mesh ? gateway : undefined,
    meshClient: has.meshClient ? meshClient : undefined,
    istiod: has.mesh ? istiod : undefined,
    prometheus: has.prometheus ? { url: local(ports.prometheus) } : undefined,
    controlUrl: local(ports.control),
  };
}
