import type { KubeApi, KubeObject } from "../kube/port.ts";
import { deployments, namespaces, services } from "../kube/resources.ts";
import { isAlreadyExists } from "../kube/errors.ts";
import { virtualServices } from "./kinds.ts";

export interface ShopOptions {
  /** @default "shop" */
  namespace?: string;
  /** @default 4 */
  replicas?: number;
  /** @default "shop/NAME:v1" */
  image?: string;
  /** Laid over the Deployment's spec. */
  deployment?: Record<string, unknown>;
}

const PORT = 8_000;

/** The Deployment as its user writes it: only what they care about. */
export function shopDeployment(name: string, options: ShopOptions = {}): KubeObject {
  const { namespace = "shop", replicas = 4, image = `shop/${name}:v1`, deployment = {} } = options;
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "app", image, ports: [{ containerPort: PORT, name: "http" }] }] },
      },
      ...deployment,
    },
  };
}

function shopService(name: string, namespace: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: "http", port: PORT, targetPort: PORT }] },
  };
}

/** A VirtualService in plain form: one destination, no subset. */
function shopRoute(name: string, namespace: string): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace },
    spec: { hosts: [name], http: [{ name: "main", route: [{ destination: { host: name } }] }] },
  };
}

/** Makes a namespace (unless it exists), a Deployment, its Service and its plain VirtualService, as a user's GitOps would. */
export async function createShop(api: KubeApi, name: string, options: ShopOptions = {}): Promise<void> {
  const { namespace = "shop" } = options;
  try {
    await api.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  await api.create(deployments, shopDeployment(name, options));
  await api.create(services, shopService(name, namespace));
  await api.create(virtualServices, shopRoute(name, namespace));
}
