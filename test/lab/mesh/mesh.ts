import type { Parts } from "../parts.ts";
import type { Ports } from "../ports.ts";
import { envoyPart } from "./envoy.ts";
import { istiodPart } from "./istiod.ts";

export interface MeshOptions {
  readonly dir: string;
  readonly ports: Ports;
  readonly index: number;
  readonly kubeconfig: string;
  readonly gatewayApi: boolean;
  /** Namespace of the mesh client; undefined for none. */
  readonly clientNamespace: string | undefined;
}

/** istiod, then an ingress gateway and maybe a client's sidecar, all ready. */
export async function startMesh(options: MeshOptions, parts: Parts): Promise<void> {
  const { dir, ports, index } = options;
  await parts.start("istiod", await istiodPart(options));
  const gateway = await envoyPart({
    dir,
    partName: "gateway",
    identity: {
      type: "router",
      name: "edge",
      namespace: "istio-ingress",
      address: `10.244.0.${10 + index * 2}`,
      labels: { istio: "ingressgateway" },
    },
    ports: { admin: ports.gatewayAdmin, xds: ports.istiodXds },
  });
  const starting = [parts.start("gateway", gateway)];
  if (options.clientNamespace !== undefined) starting.push(startClient(options, options.clientNamespace, parts));
  await Promise.all(starting);
}

async function startClient(options: MeshOptions, namespace: string, parts: Parts): Promise<void> {
  const { dir, ports, index } = options;
  const client = await envoyPart({
    dir,
    partName: "mesh-client",
    identity: {
      type: "sidecar",
      name: "client",
      namespace,
      address: `10.244.0.${11 + index * 2}`,
      labels: { app: "client" },
    },
    ports: { admin: ports.meshClientAdmin, xds: ports.istiodXds },
  });
  await parts.start("mesh-client", client);
}
