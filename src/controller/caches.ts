import { LABEL_ROLLOUT, LABEL_RUN } from "../api/metadata.ts";
import type { Clock } from "../clock.ts";
import { createInformer, type Cache } from "../kube/informer.ts";
import type { Log } from "../kube/log.ts";
import type { KubeApi, KubeObject, Resource } from "../kube/port.ts";
import {
  deployments,
  horizontalPodAutoscalers,
  namespaces,
  objectKey,
  podTemplates,
  pods,
  replicaSets,
  resourceName,
  services,
} from "../kube/resources.ts";
import { clusterRolloutPolicies, rolloutPolicies, rolloutRuns, rollouts, type IstioResources } from "./resources.ts";
import { heldBy, pausers } from "../workload/hold.ts";

/** Everything that a pass looks at, kept up to date by watches. */
export interface Caches {
  rollouts: Cache;
  runs: Cache;
  deployments: Cache;
  replicaSets: Cache;
  /** Only the metadata and the state of each pod. */
  pods: Cache;
  services: Cache;
  podTemplates: Cache;
  autoscalers: Cache;
  /** KEDA's; undefined until they are opened. */
  readonly scaledObjects: Cache | undefined;
  virtualServices: Cache;
  destinationRules: Cache;
  /** Undefined until they are opened: an older installation has no such kinds. */
  readonly policies: PolicyCaches | undefined;
  /** Why it is not known which policies there are, though the kinds are; undefined when it is. */
  readonly policyTrouble: string | undefined;
  /** The cache that holds this kind. */
  of(resource: Resource): Cache | undefined;
  /** KEDA may be installed at any time. A second call changes nothing. */
  openScaledObjects(resource: Resource): void;
  /** The kinds may be installed at any time. A second call changes nothing. */
  openPolicies(): void;
  /** Until they are opened: why it is not known which there are, or undefined where there are none. */
  distrustPolicies(trouble: string | undefined): void;
  whenSynced(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** Shared policies, and the namespaces that those of the cluster select. */
export interface PolicyCaches {
  ofCluster: Cache;
  ofNamespace: Cache;
  namespaces: Cache;
}

export interface CachesOptions {
  api: KubeApi;
  istio: IstioResources;
  /** All namespaces when absent. */
  namespace?: string;
  clock: Clock;
  random: () => number;
  log: Log;
  /** Keys ("namespace/name") of the Rollouts that a change may concern. */
  onChange(keys: readonly string[]): void;
  onOpen(resource: string): void;
  onRelist(resource: string, misses: number): void;
}

/** Names of indexes. */
export const BY_ROLLOUT = "rollout";
export const BY_OWNER = "owner";
export const BY_RUN = "run";
/** Rollouts by what their specs name, as "Deployment/namespace/name". */
export const BY_REFERENCE = "reference";
/** Deployments by the Rollout whose mark they carry, as "namespace/name". */
export const BY_HOLDER = "holder";
export const BY_NAMESPACE = "namespace";

export function createCaches(options: CachesOptions): Caches {
  const { istio } = options;
  const open = (
    resource: Resource,
    transform: (object: KubeObject) => KubeObject,
    keysOf: (object: KubeObject) => readonly string[],
  ) => {
    options.onOpen(resourceName(resource));
    return createInformer({
      api: options.api,
      resource,
      clock: options.clock,
      random: options.random,
      log: options.log,
      transform,
      onChange: (_kind, object) => options.onChange(keysOf(object)),
      onRelist: (misses) => options.onRelist(resourceName(resource), misses),
      ...(options.namespace === undefined || !resource.namespaced ? {} : { namespace: options.namespace }),
    });
  };
  // Those that name the same, too: one of two that claim one workload or route may go on when the other is gone.
  const rolloutCache = open(rollouts, slim, (object) => [
    ...new Set([objectKey(object.metadata), ...referencesOf(object).flatMap((reference) => naming(reference))]),
  ]);
  rolloutCache.addIndex(BY_REFERENCE, referencesOf);
  rolloutCache.addIndex(BY_NAMESPACE, (rollout) => [rollout.metadata.namespace ?? ""]);
  const naming = (reference: string) =>
    rolloutCache.byIndex(BY_REFERENCE, reference).map((rollout) => objectKey(rollout.metadata));
  const labelled = (object: KubeObject) => rolloutOf(object).map((name) => key(object, name));
  const referring = (object: KubeObject) => naming(referenceOf(object));
  // Also while the spec cannot be read, which names nothing then: the hold is kept up all the same.
  const held = (object: KubeObject) =>
    [heldBy(object)].flatMap((name) => (name === undefined ? [] : key(object, name)));
  const sizing = (object: KubeObject) => naming(`Deployment/${key(object, targetOf(object))}`);
  const cache = {
    rollouts: rolloutCache,
    runs: open(rolloutRuns, slim, runFor),
    deployments: open(deployments, slimDeployment, (object) => [
      ...labelled(object),
      ...referring(object),
      ...held(object),
    ]),
    replicaSets: open(replicaSets, slim, (object) =>
      ownersOf(object).flatMap((owner) => naming(`Deployment/${owner}`)),
    ),
    pods: open(pods, slimPod, labelled),
    services: open(services, slim, () => []),
    podTemplates: open(podTemplates, slim, () => []),
    autoscalers: open(horizontalPodAutoscalers, slim, sizing),
    virtualServices: open(istio.virtualServices, routed, referring),
    // The rule for a host may have any name: every Rollout of its namespace looks.
    destinationRules: open(istio.destinationRules, routed, (object) => [
      ...referring(object),
      ...rolloutCache
        .byIndex(BY_NAMESPACE, object.metadata.namespace ?? "")
        .map((rollout) => objectKey(rollout.metadata)),
    ]),
  };
  cache.runs.addIndex(BY_ROLLOUT, runFor);
  cache.deployments.addIndex(BY_ROLLOUT, labelled);
  cache.deployments.addIndex(BY_HOLDER, held);
  cache.replicaSets.addIndex(BY_OWNER, ownersOf);
  cache.pods.addIndex(BY_ROLLOUT, labelled);
  cache.pods.addIndex(BY_RUN, (object) =>
    object.metadata.labels?.[LABEL_RUN] === undefined ? [] : [key(object, object.metadata.labels[LABEL_RUN])],
  );
  const all: Cache[] = Object.values(cache);
  let scaledObjects: Cache | undefined;
  let policies: PolicyCaches | undefined;
  let policyTrouble: string | undefined;
  const keysIn = (namespace: string) =>
    rolloutCache.byIndex(BY_NAMESPACE, namespace).map((rollout) => objectKey(rollout.metadata));
  return {
    ...cache,
    get scaledObjects() {
      return scaledObjects;
    },
    openScaledObjects(resource) {
      if (scaledObjects !== undefined) return;
      scaledObjects = open(resource, slim, sizing);
      all.push(scaledObjects);
    },
    get policies() {
      return policies;
    },
    get policyTrouble() {
      return policyTrouble;
    },
    distrustPolicies(trouble) {
      if (policies === undefined) policyTrouble = trouble;
    },
    openPolicies() {
      if (policies !== undefined) return;
      policyTrouble = "policies are being read";
      // Whom it selected before is not known any more: every Rollout looks.
      const everyone = () => rolloutCache.list().map((rollout) => objectKey(rollout.metadata));
      const opened = {
        ofCluster: open(clusterRolloutPolicies, slim, everyone),
        ofNamespace: open(rolloutPolicies, slim, (object) => keysIn(object.metadata.namespace ?? "")),
        namespaces: open(namespaces, slim, (object) => keysIn(object.metadata.name)),
      };
      opened.ofNamespace.addIndex(BY_NAMESPACE, (policy) => [policy.metadata.namespace ?? ""]);
      policies = opened;
      all.push(...Object.values(opened));
      Promise.all(Object.values(opened).map((one) => one.whenSynced())).then(
        () => {
          policyTrouble = undefined;
          options.onChange(everyone());
        },
        // Stopped before.
        () => undefined,
      );
    },
    of: (resource) => all.find((candidate) => resourceName(candidate.resource) === resourceName(resource)),
    async whenSynced(signal) {
      await Promise.all(all.map((one) => one.whenSynced(signal)));
    },
    async stop() {
      await Promise.all(all.map((one) => one.stop()));
    },
  };
}

function key(object: KubeObject, name: string): string {
  return objectKey({ namespace: object.metadata.namespace, name });
}

/** By its spec, which nobody can change: a label may be taken off, and its users are looked after all the same. */
function runFor(run: KubeObject): string[] {
  const { rollout } = (run["spec"] ?? {}) as { rollout?: string };
  return rollout === undefined ? [] : [key(run, rollout)];
}

function rolloutOf(object: KubeObject): string[] {
  const label = object.metadata.labels?.[LABEL_ROLLOUT];
  return label === undefined ? [] : [label];
}

/** "namespace/name" of the Deployments that own this object. */
function ownersOf(object: KubeObject): string[] {
  return (object.metadata.ownerReferences ?? [])
    .filter((owner) => owner.kind === "Deployment")
    .map((owner) => key(object, owner.name));
}

function referenceOf(object: KubeObject): string {
  return `${object.kind}/${objectKey(object.metadata)}`;
}

/** Name of the workload that this autoscaler sizes. */
function targetOf(autoscaler: KubeObject): string {
  const spec = autoscaler["spec"] as { scaleTargetRef?: { name?: string } } | undefined;
  return spec?.scaleTargetRef?.name ?? "";
}

/** What a Rollout's spec names, so that a change to it finds the Rollout. A spec that cannot be read names nothing. */
export function referencesOf(rollout: KubeObject): string[] {
  const spec = rollout["spec"] as
    | {
        workload?: { name?: string };
        traffic?: {
          service?: string;
          istio?: {
            virtualServices?: { name: string; namespace?: string }[];
            destinationRule?: { name: string; namespace?: string };
          };
        };
      }
    | undefined;
  const { namespace } = rollout.metadata;
  const named = (kind: string, ref: { name: string; namespace?: string }) =>
    `${kind}/${objectKey({ namespace: ref.namespace ?? namespace, name: ref.name })}`;
  const workload = spec?.workload?.name ?? "";
  const rule = spec?.traffic?.istio?.destinationRule ?? { name: spec?.traffic?.service ?? workload };
  return [
    named("Deployment", { name: workload }),
    named("DestinationRule", rule),
    ...(spec?.traffic?.istio?.virtualServices ?? []).map((ref) => named("VirtualService", ref)),
  ];
}

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

function slim(object: KubeObject): KubeObject {
  const { managedFields: _, annotations, ...metadata } = object.metadata;
  // Whether there is a map at all decides how something is added to it.
  if (annotations === undefined) return { ...object, metadata };
  const { [LAST_APPLIED]: __, ...kept } = annotations;
  return { ...object, metadata: { ...metadata, annotations: kept } };
}

/** Routing objects keep their managers: who wrote a weight last decides what a restart makes of it. */
function routed(object: KubeObject): KubeObject {
  const slimmed = slim(object);
  return {
    ...slimmed,
    metadata: {
      ...slimmed.metadata,
      ...(object.metadata.managedFields === undefined ? {} : { managedFields: object.metadata.managedFields }),
    },
  };
}

/** Who says `paused` is kept: whoever breaks a hold is told by name, and a pause does not wait for a question to the API server. */
function slimDeployment(object: KubeObject): KubeObject {
  const slimmed = slim(object);
  const managedFields = pausers(object);
  return managedFields.length === 0 ? slimmed : { ...slimmed, metadata: { ...slimmed.metadata, managedFields } };
}

function slimPod(object: KubeObject): KubeObject {
  const { apiVersion, kind } = object;
  const status = object["status"] as Record<string, unknown> | undefined;
  const kept = {
    phase: status?.["phase"],
    conditions: status?.["conditions"],
    containerStatuses: status?.["containerStatuses"],
  };
  return { apiVersion, kind, metadata: slim(object).metadata, status: kept };
}
