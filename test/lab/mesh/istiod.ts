import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPart, type Part } from "../part.ts";
import type { Ports } from "../ports.ts";
import { ensureTool } from "../tools.ts";

export interface IstiodOptions {
  readonly dir: string;
  readonly ports: Ports;
  readonly kubeconfig: string;
  /** Serve HTTPRoutes besides VirtualServices. */
  readonly gatewayApi: boolean;
}

/** Istio's control plane without certificates, webhooks or leader election: one process, plain gRPC to the Envoys. */
export async function istiodPart(options: IstiodOptions): Promise<Part> {
  const { dir, ports, gatewayApi } = options;
  const meshConfig = join(dir, "mesh.yaml");
  // JSON is YAML. No defaultProviders.metrics: stock Envoy lacks Istio's stats filter.
  await writeFile(
    meshConfig,
    JSON.stringify({
      rootNamespace: "istio-system",
      trustDomain: "cluster.local",
      enableAutoMtls: false,
      enableTracing: false,
      enablePrometheusMerge: false,
      ingressControllerMode: "OFF",
      defaultConfig: { discoveryAddress: `127.0.0.1:${ports.istiodXds}` },
    }),
  );
  return createPart({
    name: "istiod",
    command: await ensureTool("pilot-discovery"),
    args: [
      "discovery",
      `--kubeconfig=${options.kubeconfig}`,
      `--meshConfig=${meshConfig}`,
      "--networksConfig=/nonexistent",
      "--domain=cluster.local",
      `--grpcAddr=127.0.0.1:${ports.istiodXds}`,
      `--httpAddr=127.0.0.1:${ports.istiodHttp}`,
      `--monitoringAddr=127.0.0.1:${ports.istiodMonitoring}`,
      `--ctrlz_port=${ports.istiodCtrlz}`,
      "--httpsAddr=",
      "--secureGRPCAddr=",
    ],
    env: {
      POD_NAMESPACE: "istio-system",
      POD_NAME: "istiod-local",
      CLUSTER_ID: "Kubernetes",
      ENABLE_CA_SERVER: "false",
      PILOT_CERT_PROVIDER: "none",
      INJECT_ENABLED: "false",
      VALIDATION_WEBHOOK_CONFIG_NAME: "",
      INJECTION_WEBHOOK_CONFIG_NAME: "",
      ENABLE_LEADER_ELECTION: "false",
      PILOT_ENABLE_IP_AUTOALLOCATE: "false",
      XDS_AUTH: "false",
      PILOT_DEBOUNCE_AFTER: "50ms",
      PILOT_ENABLE_METADATA_EXCHANGE: "false",
      PILOT_ENABLE_ALPN_FILTER: "false",
      PILOT_ENABLE_GATEWAY_API: String(gatewayApi),
      PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER: "false",
    },
    logFile: join(dir, "istiod.log"),
    ready: async () => (await fetch(`http://127.0.0.1:${ports.istiodHttp}/ready`)).ok,
    readyWithinMs: 60_000,
  });
}
