import { request } from "undici";
import type { KubeObject } from "../../src/kube/port.ts";
import type { Ref } from "./admin.ts";
import type { LabClient } from "./client.ts";
import {
  shopDeployment,
  shopDestinationRule,
  shopGateway,
  type ShopOptions,
  type ShopSpec,
  shopPort,
  shopService,
  shopVirtualService,
} from "./shop-manifests.ts";
import { until } from "./wait.ts";

export type { ShopOptions } from "./shop-manifests.ts";

export interface Shop extends AsyncDisposable {
  readonly namespace: string;
  readonly name: string;
  /** Host header for the gateway. */
  readonly host: string;
  /** Host header for the mesh client, and Istio's name of the service. */
  readonly fqdn: string;
  readonly deployment: Ref;
  readonly service: Ref;
  readonly virtualService: Ref;
  readonly destinationRule: Ref;
  /** As `kubectl set image` does it: one field patched. */
  setImage(image: string): Promise<void>;
  /** Until all replicas run the newest template and are available, as `kubectl rollout status` waits. */
  waitForRollout(): Promise<void>;
  /** Deletes the namespace, without waiting for it. */
  remove(): Promise<void>;
}

/**
 * A namespace with a running service behind the mesh's gateway. Resolves when requests through the gateway are answered.
 *
 * @example const shop = await createShop(lab, { replicas: 4, image: "shop/checkout:v1" });
 */
export async function createShop(lab: LabClient, options: ShopOptions = {}): Promise<Shop> {
  const namespace = `shop-${crypto.randomUUID().slice(0, 8)}`;
  const spec: ShopSpec = {
    name: "checkout",
    replicas: 3,
    image: "shop/checkout:v1",
    env: {},
    host: `${namespace}.example.com`,
    form: "plain",
    via: ["gateway"],
    deploymentSpec: {},
    podLabels: {},
    annotations: {},
    ...options,
    namespace,
    gatewayPort: lab.info.gateway?.port ?? 0,
  };
  const { name, host } = spec;
  await lab.admin.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const objects: KubeObject[] = [shopDeployment(spec), shopService(spec)];
  if (lab.info.gateway !== undefined) objects.push(shopGateway(spec), shopVirtualService(spec));
  if (spec.form === "split") objects.push(shopDestinationRule(spec));
  await Promise.all(objects.map((object) => lab.admin.apply(object, "kubectl")));

  const apps = { apiVersion: "apps/v1", namespace, name };
  const istio = { apiVersion: "networking.istio.io/v1", namespace, name };
  const shop: Shop = {
    namespace,
    name,
    host,
    fqdn: `${name}.${namespace}.svc.cluster.local`,
    deployment: { ...apps, kind: "Deployment" },
    service: { apiVersion: "v1", kind: "Service", namespace, name },
    virtualService: { ...istio, kind: "VirtualService" },
    destinationRule: { ...istio, kind: "DestinationRule" },
    async setImage(image) {
      const path = "/spec/template/spec/containers/0/image";
      await lab.admin.jsonPatch(shop.deployment, [{ op: "replace", path, value: image }], {
        fieldManager: "kubectl-set",
      });
    },
    waitForRollout: () => waitForRollout(lab, shop.deployment),
    remove: () => lab.admin.delete({ apiVersion: "v1", kind: "Namespace", name: namespace }),
    async [Symbol.asyncDispose]() {
      await shop.remove();
    },
  };
  await shop.waitForRollout();
  if (lab.info.gateway !== undefined) await waitUntilServed(lab, shop, spec);
  return shop;
}

/** Until all replicas of a Deployment run its newest template and are available. */
export async function waitForRollout(lab: LabClient, deployment: Ref): Promise<void> {
  await until(`${deployment.namespace}/${deployment.name} is rolled out`, async () => {
    const { metadata, spec, status } = (await lab.admin.get(deployment)) as KubeObject & {
      spec: { replicas: number };
      status?: Partial<Record<"observedGeneration" | "replicas" | "updatedReplicas" | "availableReplicas", number>>;
    };
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, observedGeneration } = status ?? {};
    const counts = [replicas, updatedReplicas, availableReplicas];
    return observedGeneration === metadata.generation && counts.every((count) => count === spec.replicas);
  });
}

async function waitUntilServed(lab: LabClient, shop: Shop, spec: ShopSpec): Promise<void> {
  const ways = {
    gateway: () => ({ proxy: lab.gateway, url: lab.gateway.url, host: shop.host }),
    mesh: () => ({ proxy: lab.meshClient, url: `${lab.meshClient.url}:${shopPort}`, host: shop.fqdn }),
  };
  for (const way of spec.via) {
    const { proxy, url, host } = ways[way]();
    await proxy.waitForHost(host);
    if (spec.replicas === 0) continue;
    // Routes come before endpoints: only an answer shows that both are there.
    await until(`${host} answers`, async () => {
      const { statusCode, headers, body } = await request(url, { headers: { host } });
      await body.dump();
      return statusCode < 500 || headers["x-pod"] !== undefined;
    });
  }
}
