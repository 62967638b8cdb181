import { NAMESPACE, SERVICE_ACCOUNT } from "../api/metadata.ts";
import type { Clock } from "../clock.ts";
import type { ApiError } from "../kube/errors.ts";
import type { KubeApi, KubeObject } from "../kube/port.ts";
import * as known from "../kube/resources.ts";
import { holdAdmission, holdObjects } from "./admission.ts";
import { type ApiContext, type Call, createApi, type Fault } from "./api.ts";
import { createApiServer } from "./api-server.ts";
import { type Cluster, bySystem } from "./cluster.ts";
import { createCounters } from "./counters.ts";
import { startDeploymentController } from "./deployment-controller.ts";
import { startGarbageCollector } from "./garbage.ts";
import { createKinds } from "./kinds.ts";
import { type Kubelet, startKubelet } from "./kubelet.ts";
import { type Mesh, type Propagation, startMesh } from "./mesh.ts";
import { type SimPrometheus, startPrometheus } from "./prometheus.ts";
import { nameSuffix, type Random } from "./random.ts";
import { startReplicaSetController } from "./replicaset-controller.ts";
import { createShop, type ShopOptions } from "./shop.ts";
import { createStore, type Store } from "./store.ts";
import { createTimeline } from "./timeline.ts";
import { startUsers, type Users } from "./users.ts";

export const SLUICE_USER = `system:serviceaccount:${NAMESPACE}:${SERVICE_ACCOUNT}`;

export interface SimOptions {
  clock: Clock;
  /** From [0, 1); seeded, and the whole run repeats itself: `seededRandom`. */
  random: Random;
  /** "policy": the cluster serves MutatingAdmissionPolicy and the hold is installed. @default "policy" */
  hold?: "policy" | "none";
  /** @default 2000 */
  scrapeIntervalMs?: number;
  /** From a pod's creation until it is ready. @default 1500 */
  podStartMs?: number;
  /** From a pod's deletion until it is gone; it serves on meanwhile. @default 1000 */
  podTerminationMs?: number;
  /** @default 100 each */
  propagation?: Partial<Propagation>;
  /** How long the cluster's own controllers take to notice a change. @default 20 */
  reactionMs?: number;
  /** From a write until watchers hear of it. @default 0 */
  watchDelayMs?: number;
  /** Requests are made in lumps of this long. @default 100 */
  tickMs?: number;
  /** How callers' proxies label what they count. @default "istio" */
  sourceLabels?: "istio" | "envoy";
  /** Changes kept of each resource for watches that come back. @default 2000 */
  historyLimit?: number;
  /** Versions of Istio's kinds that are served, the preferred first. @default v1, v1beta1, v1alpha3 */
  istioVersions?: readonly string[];
  /** Whether RolloutPolicy and ClusterRolloutPolicy are served: an older installation is without. @default true */
  rolloutPolicies?: boolean;
}

/** A cluster, a mesh, users and a Prometheus in memory, on whatever clock they are given. */
export interface Sim {
  /** The cluster as one user sees it: "sluice" is Sluice's service account, "user:alice" is alice, anything else is taken as it is. */
  as(user: string): KubeApi;
  readonly prometheus: SimPrometheus;
  readonly users: Users;
  readonly mesh: Mesh;
  readonly kubelet: Kubelet;
  /** What is really there, for tests that look behind the API. Objects are shared: never change one. */
  readonly store: Store;
  createShop(name: string, options?: ShopOptions): Promise<void>;
  /** Asked before every call of the API; undefined lets all calls through. */
  setFault(fault: ((call: Call) => Fault | undefined) | undefined): void;
  setWatchDelay(delayMs: number): void;
  /** Ends every open watch: as a server that closes it, or with an error as a connection that breaks. */
  breakWatches(error?: ApiError): void;
  /** Stops pods, users, scrapes and controllers where they are. */
  stop(): void;
}

function userName(user: string): string {
  if (user === "sluice") return SLUICE_USER;
  return user.startsWith("user:") ? user.slice(5) : user;
}

export function createSim(options: SimOptions): Sim {
  const { clock, random, hold = "policy", scrapeIntervalMs = 2_000, reactionMs = 20, tickMs = 100 } = options;
  const { historyLimit, istioVersions, rolloutPolicies = true } = options;
  const timeline = createTimeline(clock);
  const store = createStore(historyLimit === undefined ? {} : { historyLimit });
  const kinds = createKinds({
    policies: hold === "policy",
    rolloutPolicies,
    ...(istioVersions ? { istioVersions } : {}),
  });
  let serial = 0;
  let watchDelayMs = options.watchDelayMs ?? 0;
  let fault: ((call: Call) => Fault | undefined) | undefined;
  const server = createApiServer({
    store,
    nowMs: () => clock.now(),
    admission: holdAdmission(() => store, SLUICE_USER),
    newUid,
    nameSuffix: () => nameSuffix(random),
  });
  const cluster: Cluster = { store, server, kinds, timeline, random };

  /** Different in the first eight digits already: some shorten it. */
  function newUid(): string {
    return `${(++serial).toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
  }

  function put(resource: string, object: KubeObject): void {
    const kind = kinds.byName(resource);
    if (kind) server.create(kind, object, bySystem);
  }

  startGarbageCollector(cluster, reactionMs);
  startDeploymentController(cluster, reactionMs);
  startReplicaSetController(cluster, reactionMs);
  const kubelet = startKubelet(cluster, {
    startMs: options.podStartMs ?? 1_500,
    terminationMs: options.podTerminationMs ?? 1_000,
  });
  const mesh = startMesh(store, timeline, { routesMs: 100, rulesMs: 100, endpointsMs: 100, ...options.propagation });
  const counters = createCounters();
  store.onChange("pods", ({ type, object }) => {
    if (type === "DELETED") counters.removeTarget(object.metadata.uid ?? "");
  });
  const users = startUsers({
    mesh,
    counters,
    timeline,
    random,
    tickMs,
    behaviour: (pod) => kubelet.behaviour(pod),
    isAlive: (pod) => store.byUid(pod.metadata.uid ?? "") !== undefined,
    sourceLabels: options.sourceLabels ?? "istio",
  });
  const prometheus = startPrometheus(counters, timeline, scrapeIntervalMs);

  for (const name of ["default", "kube-system", "istio-system", NAMESPACE]) {
    put("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  put("nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "local" } });
  if (hold === "policy") {
    const [policy, binding] = holdObjects();
    if (policy) put(known.resourceName(known.mutatingAdmissionPolicies), policy);
    if (binding) put(known.resourceName(known.mutatingAdmissionPolicyBindings), binding);
  }

  const open: ApiContext["open"] = new Set();
  const apiContext: ApiContext = {
    store,
    server,
    kinds,
    timeline,
    open,
    delayMs: () => watchDelayMs,
    fault: () => fault,
    show: (object) => object,
  };
  const as = (user: string) => createApi(apiContext, userName(user), user === "sluice" ? "sluice" : userName(user));

  return {
    as,
    prometheus,
    users,
    mesh,
    kubelet,
    store,
    createShop: (name, shop) => createShop(as("user:git"), name, shop),
    setFault: (next) => void (fault = next),
    setWatchDelay: (delayMs) => void (watchDelayMs = delayMs),
    breakWatches(error) {
      for (const close of open) close(error);
    },
    stop() {
      for (const close of open) close();
      prometheus.stop();
      timeline.clear();
    },
  };
}
