import type { KubeObject } from "../../src/kube/port.ts";

export interface ShopOptions {
  /** Of the Deployment, the Service and everything else. @default "checkout" */
  name?: string;
  /** @default 3 */
  replicas?: number;
  /** @default "shop/checkout:v1" */
  image?: string;
  env?: Readonly<Record<string, string>>;
  /** Which host the gateway knows it by. @default NAMESPACE.example.com */
  host?: string;
  /** "plain": one destination, no subset. "split": stable 100 and canary 0, and the DestinationRule that they need. @default "plain" */
  form?: "plain" | "split";
  /** Bind the VirtualService to the ingress gateway, the mesh, or both. @default ["gateway"] */
  via?: readonly ("gateway" | "mesh")[];
  /** Merged over the Deployment's spec. */
  deploymentSpec?: Readonly<Record<string, unknown>>;
  /** Labels of the pods besides `app`. */
  podLabels?: Readonly<Record<string, string>>;
  /** Annotations of the Deployment. */
  annotations?: Readonly<Record<string, string>>;
}

export type ShopSpec = Required<ShopOptions> & { readonly namespace: string; readonly gatewayPort: number };

/** The Service's port, named http. */
export const shopPort = 8_000;
const containerPort = 8_080;
const istio = "networking.istio.io/v1";

export function shopDeployment(spec: ShopSpec): KubeObject {
  const { name, namespace, annotations } = spec;
  const env = Object.entries(spec.env).map(([key, value]) => ({ name: key, value }));
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, annotations: { ...annotations } },
    spec: {
      replicas: spec.replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, ...spec.podLabels } },
        spec: {
          terminationGracePeriodSeconds: 5,
          containers: [{ name: "app", image: spec.image, ports: [{ name: "http", containerPort }], env }],
        },
      },
      ...spec.deploymentSpec,
    },
  };
}

export function shopService({ name, namespace }: ShopSpec): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: "http", port: shopPort, targetPort: containerPort }] },
  };
}

/** Every shop brings its own Gateway; they share the ingress Envoy and its port, and differ by host. */
export function shopGateway({ name, namespace, host, gatewayPort }: ShopSpec): KubeObject {
  const port = { number: gatewayPort, name: "http", protocol: "HTTP" };
  return {
    apiVersion: istio,
    kind: "Gateway",
    metadata: { name, namespace },
    spec: { selector: { istio: "ingressgateway" }, servers: [{ port, bind: "127.0.0.1", hosts: [host] }] },
  };
}

export function shopVirtualService(spec: ShopSpec): KubeObject {
  const { name, namespace, host, form, via } = spec;
  const destination = { host: name, port: { number: shopPort } };
  const route =
    form === "plain"
      ? [{ destination }]
      : [
          { destination: { ...destination, subset: "stable" }, weight: 100 },
          { destination: { ...destination, subset: "canary" }, weight: 0 },
        ];
  const hosts = via.map((way) => (way === "gateway" ? host : `${name}.${namespace}.svc.cluster.local`));
  const gateways = via.map((way) => (way === "gateway" ? name : "mesh"));
  return {
    apiVersion: istio,
    kind: "VirtualService",
    metadata: { name, namespace },
    spec: { hosts, gateways, http: [{ name: "main", route }] },
  };
}

/** At rest both subsets select what the Service selects. */
export function shopDestinationRule({ name, namespace }: ShopSpec): KubeObject {
  const labels = { app: name };
  const subsets = [
    { name: "stable", labels },
    { name: "canary", labels },
  ];
  return {
    apiVersion: istio,
    kind: "DestinationRule",
    metadata: { name, namespace },
    spec: { host: name, subsets },
  };
}
