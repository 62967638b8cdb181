import { type RolloutSpecInput, rolloutSpecSchema } from "../api/rollout.ts";
import type { KubeObject, ObjectMeta } from "../kube/port.ts";
import type { CheckWorld, Finding, RolloutFacts } from "./types.ts";

/** For tests: the shop's checkout in perfect order, and the parts to put it out of order with. */

export const HOST = "checkout.shop.svc.cluster.local";
const POD_LABELS = { app: "checkout", version: "v1" };

type Meta = Partial<ObjectMeta>;

function made(apiVersion: string, kind: string, name: string, spec: unknown, meta: Meta = {}): KubeObject {
  const namespace = meta.namespace ?? "shop";
  const uid = `${kind}-${namespace}-${name}`;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, uid, creationTimestamp: "2026-01-02T00:00:00Z", ...meta },
    spec,
  };
}

export const virtualService = (name: string, spec: unknown, meta?: Meta): KubeObject =>
  made("networking.istio.io/v1", "VirtualService", name, spec, meta);
export const destinationRule = (name: string, spec: unknown, meta?: Meta): KubeObject =>
  made("networking.istio.io/v1", "DestinationRule", name, spec, meta);
export const service = (name: string, spec: unknown, meta?: Meta): KubeObject =>
  made("v1", "Service", name, spec, meta);
export const httpRoute = (name: string, spec: unknown, meta?: Meta): KubeObject =>
  made("gateway.networking.k8s.io/v1", "HTTPRoute", name, spec, meta);
export const ingress = (name: string, spec: unknown, meta?: Meta): KubeObject =>
  made("networking.k8s.io/v1", "Ingress", name, spec, meta);
export const claim = (name: string, accessModes: string[]): KubeObject =>
  made("v1", "PersistentVolumeClaim", name, { accessModes });
export const limitRange = (limits: unknown[]): KubeObject => made("v1", "LimitRange", "limits", { limits });
export const resourceQuota = (spec: Record<string, unknown>, used: Record<string, string>): KubeObject => ({
  ...made("v1", "ResourceQuota", "team", spec),
  status: { hard: spec["hard"], used },
});

export function deployment(
  name = "checkout",
  spec: Record<string, unknown> = {},
  status: Record<string, unknown> = {},
): KubeObject {
  const whole = {
    replicas: 4,
    selector: { matchLabels: { app: "checkout" } },
    template: { metadata: { labels: POD_LABELS }, spec: { containers: [{ name: "app", image: "checkout:v2" }] } },
    ...spec,
  };
  return {
    ...made("apps/v1", "Deployment", name, whole, { generation: 3 }),
    status: { observedGeneration: 3, replicas: 4, availableReplicas: 4, ...status },
  };
}

/** The Deployment with this pod spec in its template. */
export function deploymentOf(podSpec: Record<string, unknown>): KubeObject {
  return deployment("checkout", { template: { metadata: { labels: POD_LABELS }, spec: podSpec } });
}

/** A twin that Sluice made for the workload. */
export function twin(name: string, status: Record<string, unknown> = {}): KubeObject {
  const { metadata, ...rest } = deployment(name, {}, status);
  const labels = { "sluice.dev/rollout": "checkout", "sluice.dev/run": name };
  const ownerReferences = [
    { apiVersion: "apps/v1", kind: "Deployment", name: "checkout", uid: "Deployment-shop-checkout" },
  ];
  return { ...rest, metadata: { ...metadata, labels, ownerReferences } };
}

export function replicaSet(name: string, replicas: number, owner = "Deployment-shop-checkout"): KubeObject {
  const ownerReferences = [
    { apiVersion: "apps/v1", kind: "Deployment", name: "checkout", uid: owner, controller: true },
  ];
  return { ...made("apps/v1", "ReplicaSet", name, { replicas }, { ownerReferences }), status: { replicas } };
}

export function rollout(spec: Partial<RolloutSpecInput> = {}, facts: Partial<RolloutFacts> = {}): RolloutFacts {
  const traffic = { istio: { virtualServices: [{ name: "checkout" }] } };
  return {
    name: "checkout",
    namespace: "shop",
    uid: "rollout-checkout",
    creationTimestamp: "2026-01-05T00:00:00Z",
    serviceHost: HOST,
    spec: rolloutSpecSchema.parse({ workload: { name: "checkout" }, traffic, ...spec }),
    ...facts,
  };
}

export const plainRoute = { name: "main", route: [{ destination: { host: "checkout" } }] };

export function splitRoute(stableWeight = 100, canaryWeight = 0): Record<string, unknown> {
  return {
    name: "main",
    route: [
      { destination: { host: "checkout", subset: "stable" }, weight: stableWeight },
      { destination: { host: "checkout", subset: "canary" }, weight: canaryWeight },
    ],
  };
}

/** The VirtualService "checkout" with these http routes. */
export function routed(...http: Record<string, unknown>[]): KubeObject {
  return virtualService("checkout", { hosts: ["checkout"], http });
}

export function subsets(stable: Record<string, string>, canary = stable): KubeObject {
  const named = [
    { name: "stable", labels: stable },
    { name: "canary", labels: canary },
  ];
  return destinationRule("checkout", { host: "checkout", subsets: named });
}

/** Plain form, nothing wrong; members of `changes` take the place of its own. */
export function world(changes: Partial<CheckWorld> = {}): CheckWorld {
  return {
    rollout: rollout(),
    rollouts: [rollout()],
    twinName: "checkout-7",
    workload: deployment(),
    deployments: [deployment()],
    replicaSets: [replicaSet("checkout-5d4", 4), replicaSet("checkout-old", 0)],
    services: [service("checkout", { selector: { app: "checkout" }, ports: [{ name: "http", port: 80 }] })],
    pods: [0, 1, 2, 3].map((index) => ({ name: `checkout-5d4-${index}`, labels: POD_LABELS, ready: true })),
    resourceQuotas: [],
    limitRanges: [],
    persistentVolumeClaims: [],
    virtualServices: [routed(plainRoute)],
    destinationRules: [],
    httpRoutes: [],
    ingresses: [],
    access: [],
    dryRun: [],
    metrics: { kind: "samples", stableSeries: 4, requests: 5000 },
    latencyBoundsMs: [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500],
    callersOutsideMesh: [],
    callersInMesh: [],
    ...changes,
  };
}

/** The same with the routes split at rest, as Git may keep them. */
export function splitWorld(changes: Partial<CheckWorld> = {}): CheckWorld {
  return world({
    virtualServices: [routed(splitRoute())],
    destinationRules: [subsets({ app: "checkout" })],
    ...changes,
  });
}

/** Without the members that could not be read. */
export function without(whole: CheckWorld, ...members: (keyof CheckWorld)[]): CheckWorld {
  const kept = Object.entries(whole).filter(([member]) => !(members as string[]).includes(member));
  return Object.fromEntries(kept) as unknown as CheckWorld;
}

/** "fail: message" of each. */
export function said(findings: readonly Finding[]): string[] {
  return findings.map((finding) => `${finding.severity}: ${finding.message}`);
}
