import { once } from "node:events";
import { createServer } from "node:https";
import { readFileSync } from "node:fs";
import type { Admin } from "../admin.ts";
import { until } from "../wait.ts";
import { CpuUse } from "./cpu-use.ts";
import type { PodSummary } from "./types.ts";

export interface MetricsApiOptions {
  readonly admin: Admin;
  readonly port: number;
  /** PEM files of any certificate: the apiserver is told not to look at it. */
  readonly certFile: string;
  readonly keyFile: string;
  pods(): Iterable<PodSummary>;
}

const SAMPLE_MS = 500;
const VERSION = "metrics.k8s.io/v1beta1";

/**
 * Serves `metrics.k8s.io` as metrics-server does, from the load that pods carry: what a HorizontalPodAutoscaler reads. The apiserver
 * reaches it by an APIService, whose Service is another name of localhost. Resolves when it is reached.
 */
export async function serveMetricsApi(options: MetricsApiOptions): Promise<AsyncDisposable> {
  const { admin, port } = options;
  const uses = new Map<string, CpuUse>();
  const sampling = setInterval(() => {
    for (const { uid, requests } of options.pods()) {
      const use = uses.get(uid) ?? new CpuUse();
      use.sample(requests, performance.now());
      uses.set(uid, use);
    }
  }, SAMPLE_MS);
  const server = createServer(
    { cert: readFileSync(options.certFile), key: readFileSync(options.keyFile) },
    (request, response) => {
      const url = new URL(request.url ?? "/", "https://localhost");
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(answer(url, [...options.pods()], uses)));
    },
  );
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  await register(admin, port);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(sampling);
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function answer(url: URL, pods: readonly PodSummary[], uses: ReadonlyMap<string, CpuUse>): object {
  const [, namespace] = /\/namespaces\/([^/]+)\/pods$/.exec(url.pathname) ?? [];
  if (namespace === undefined) {
    const resource = { name: "pods", singularName: "", namespaced: true, kind: "PodMetrics", verbs: ["get", "list"] };
    return { kind: "APIResourceList", apiVersion: "v1", groupVersion: VERSION, resources: [resource] };
  }
  const selector = wantedLabels(url.searchParams.get("labelSelector") ?? "");
  const matching = pods.filter(
    (pod) => pod.namespace === namespace && selector.every(([key, value]) => pod.labels[key] === value),
  );
  const items = matching.flatMap(({ uid, name, labels }) => {
    const millicores = uses.get(uid)?.millicores;
    if (millicores === undefined) return [];
    const usage = { cpu: `${millicores}m`, memory: "20Mi" };
    const containers = [{ name: "app", usage }];
    return [{ metadata: { name, namespace, labels }, timestamp: new Date().toISOString(), window: "4s", containers }];
  });
  return { kind: "PodMetricsList", apiVersion: VERSION, metadata: {}, items };
}

/** As far as a Deployment's matchLabels go: `key=value` and no other operator. */
function wantedLabels(selector: string): [string, string][] {
  return selector
    .split(",")
    .filter((term) => term !== "")
    .map((term) => term.split("=") as [string, string]);
}

async function register(admin: Admin, port: number): Promise<void> {
  const [group = "", version = ""] = VERSION.split("/");
  await admin.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "lab-metrics" } });
  await admin.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "metrics", namespace: "lab-metrics" },
    spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] },
  });
  await admin.apply({
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: `${version}.${group}` },
    spec: {
      group,
      version,
      service: { name: "metrics", namespace: "lab-metrics", port },
      insecureSkipTLSVerify: true,
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  });
  await until("the apiserver reaches the pods' metrics", async () => {
    const list = await admin.call<{ kind: string }>("GET", `/apis/${VERSION}/namespaces/default/pods`);
    return list.kind === "PodMetricsList";
  });
}
