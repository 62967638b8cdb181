import { ApiError } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { keyOf } from "../kube/resources.ts";
import { bySystem, builtIn, type Cluster, controllerOf, controllerReference, statusBySystem } from "./cluster.ts";
import { deploymentStatus } from "./deployment-status.ts";
import { canonical, equal } from "./json.ts";
import { hashName } from "./random.ts";
import { createReconciler } from "./reconciler.ts";
import {
  activeOrLatest,
  isSaturated,
  limitsOf,
  newSetSize,
  oldSetSizes,
  proportionalSizes,
  type Limits,
  type Sized,
} from "./rolling.ts";
import type { Deployment, PodTemplate, ReplicaSet } from "./workload-types.ts";

export const HASH_LABEL = "pod-template-hash";
export const REVISION = "deployment.kubernetes.io/revision";
const DESIRED = "deployment.kubernetes.io/desired-replicas";
const RETRY_MS = 500;
const MAX = "deployment.kubernetes.io/max-replicas";

type SizedSet = Sized & { desired: number; max: number; set: ReplicaSet };

function withoutHash({ metadata, spec }: PodTemplate): PodTemplate {
  const { [HASH_LABEL]: _hash, ...labels } = metadata.labels ?? {};
  return { metadata: { ...metadata, labels }, spec };
}

function annotation(object: KubeObject, name: string): number {
  return Number(object.metadata.annotations?.[name] ?? 0);
}

function sized(set: ReplicaSet): SizedSet {
  return {
    name: set.metadata.name,
    replicas: set.spec.replicas,
    available: set.status?.availableReplicas ?? 0,
    createdAt: `${set.metadata.creationTimestamp} ${String(annotation(set, REVISION)).padStart(9, "0")}`,
    desired: annotation(set, DESIRED),
    max: annotation(set, MAX),
    set,
  };
}

/** Kubernetes' deployment controller, by the rules of pkg/controller/deployment: paused, scaling, rolling, history, status. */
export function startDeploymentController(cluster: Cluster, reactionMs: number): void {
  const { store, server, timeline } = cluster;
  const deploymentKind = builtIn(cluster, "deployments.apps");
  const setKind = builtIn(cluster, "replicasets.apps");
  const queue = createReconciler(timeline, reactionMs, sync);

  store.onChange("deployments.apps", ({ object }) => queue.add(keyOf(object)));
  store.onChange("replicasets.apps", ({ object }) => {
    const owner = controllerOf(object);
    if (owner?.kind === "Deployment") queue.add(`${object.metadata.namespace}/${owner.name}`);
  });

  function ownedSets(deployment: Deployment): ReplicaSet[] {
    return store
      .dependents(deployment.metadata.uid ?? "")
      .filter(
        ({ resource, object }) => resource === setKind.name && controllerOf(object)?.uid === deployment.metadata.uid,
      )
      .map(({ object }) => object as ReplicaSet);
  }

  function sync(key: string): void {
    const [namespace = "", name = ""] = key.split("/");
    const deployment = store.get(deploymentKind.name, { namespace, name }) as Deployment | undefined;
    if (!deployment) return;
    try {
      reconcile(deployment);
    } catch (error) {
      // A ReplicaSet of that name is still going, or the namespace is.
      if (!(error instanceof ApiError)) throw error;
      queue.addAfter(key, RETRY_MS);
    }
  }

  function reconcile(deployment: Deployment): void {
    const sets = ownedSets(deployment).map(sized);
    const { replicas, strategy, template } = deployment.spec;
    const { maxSurge = 0, maxUnavailable = 0 } = strategy.rollingUpdate ?? {};
    const limits = limitsOf(replicas, maxSurge, maxUnavailable);
    const matching = sets.filter(({ set }) => equal(withoutHash(set.spec.template), withoutHash(template)));
    let newest = matching.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))[0];
    const older = sets.filter((set) => set !== newest);

    if (deployment.metadata.deletionTimestamp === undefined) {
      if (newest) recordRevision(deployment, newest, older);
      if (deployment.spec.paused || isScalingEvent(deployment, sets)) {
        scale(deployment, limits, newest, older);
        if (deployment.spec.paused) dropHistory(deployment, older);
      } else if (
        strategy.type === "Recreate" &&
        older.some(({ replicas: size, set }) => size > 0 || (set.status?.replicas ?? 0) > 0)
      ) {
        for (const set of older) resize(deployment, limits, set, 0);
      } else {
        newest ??= sized(createSet(deployment, limits, older));
        roll(deployment, limits, newest, older);
      }
    }
    writeStatus(deployment.metadata);
  }

  function isScalingEvent(deployment: Deployment, sets: readonly SizedSet[]): boolean {
    return sets.some(({ replicas, desired }) => replicas > 0 && desired !== deployment.spec.replicas);
  }

  function scale(
    deployment: Deployment,
    limits: Limits,
    newest: SizedSet | undefined,
    older: readonly SizedSet[],
  ): void {
    const only = activeOrLatest(newest, older);
    if (only) {
      const set = [...(newest ? [newest] : []), ...older].find(({ name }) => name === only.name);
      if (set) resize(deployment, limits, set, limits.replicas);
    } else if (isSaturated(limits, newest)) {
      for (const set of older) resize(deployment, limits, set, 0);
    } else if (deployment.spec.strategy.type === "RollingUpdate") {
      const sets = newest ? [newest, ...older] : [...older];
      const sizes = proportionalSizes(limits, sets);
      for (const set of sets)
        if (set.replicas > 0) resize(deployment, limits, set, sizes.get(set.name) ?? set.replicas);
    }
  }

  function roll(deployment: Deployment, limits: Limits, newest: SizedSet, older: readonly SizedSet[]): void {
    const size = newSetSize(limits, newest, [newest, ...older]);
    if (size !== newest.replicas) {
      resize(deployment, limits, newest, size);
      return;
    }
    const sizes = oldSetSizes(limits, newest, older);
    for (const set of older) resize(deployment, limits, set, sizes.get(set.name) ?? set.replicas);
    if (newest.available === limits.replicas && older.every(({ replicas }) => replicas === 0))
      dropHistory(deployment, older);
  }

  /** Also keeps the annotations by which a later look tells that the Deployment was scaled. */
  function resize(
    deployment: Deployment,
    limits: Limits,
    { set, replicas, desired, max }: SizedSet,
    size: number,
  ): void {
    const annotations = { [DESIRED]: String(limits.replicas), [MAX]: String(limits.replicas + limits.maxSurge) };
    const isCurrent = desired === limits.replicas && max === limits.replicas + limits.maxSurge;
    if (size === replicas && (isCurrent || size === 0)) return;
    server.modify(
      setKind,
      { namespace: deployment.metadata.namespace ?? "", name: set.metadata.name },
      (object) => {
        (object as ReplicaSet).spec.replicas = size;
        object.metadata.annotations = { ...object.metadata.annotations, ...annotations };
      },
      bySystem,
    );
  }

  function createSet(deployment: Deployment, limits: Limits, older: readonly SizedSet[]): ReplicaSet {
    const { namespace = "", name } = deployment.metadata;
    const template = withoutHash(deployment.spec.template);
    const hash = hashName(canonical(template));
    const labels = { ...template.metadata.labels, [HASH_LABEL]: hash };
    const { selector, minReadySeconds } = deployment.spec;
    const revision = 1 + Math.max(0, ...older.map(({ set }) => annotation(set, REVISION)));
    const room = newSetSize(limits, { name: "", replicas: 0, available: 0, createdAt: "" }, older);
    const created = server.create(
      setKind,
      {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: {
          name: `${name}-${hash}`,
          namespace,
          labels,
          annotations: {
            [REVISION]: String(revision),
            [DESIRED]: String(limits.replicas),
            [MAX]: String(limits.replicas + limits.maxSurge),
          },
          ownerReferences: [controllerReference(deployment)],
        },
        spec: {
          replicas: deployment.spec.strategy.type === "Recreate" ? limits.replicas : room,
          ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
          selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
          template: { metadata: { ...template.metadata, labels }, spec: template.spec },
        },
      },
      bySystem,
    ) as ReplicaSet;
    annotateRevision(deployment, String(revision));
    return created;
  }

  function recordRevision(deployment: Deployment, newest: SizedSet, older: readonly SizedSet[]): void {
    const highest = Math.max(0, ...older.map(({ set }) => annotation(set, REVISION)));
    const current = annotation(newest.set, REVISION);
    const revision = String(current > highest ? current : highest + 1);
    if (newest.set.metadata.annotations?.[REVISION] !== revision) {
      newest.set = server.modify(
        setKind,
        { namespace: deployment.metadata.namespace ?? "", name: newest.name },
        (object) => {
          object.metadata.annotations = { ...object.metadata.annotations, [REVISION]: revision };
        },
        bySystem,
      ) as ReplicaSet;
    }
    annotateRevision(deployment, revision);
  }

  function annotateRevision(deployment: Deployment, revision: string): void {
    if (deployment.metadata.annotations?.[REVISION] === revision) return;
    const { namespace = "", name } = deployment.metadata;
    const annotate = (object: KubeObject) => {
      object.metadata.annotations = { ...object.metadata.annotations, [REVISION]: revision };
    };
    server.modify(deploymentKind, { namespace, name }, annotate, bySystem);
  }

  function dropHistory(deployment: Deployment, older: readonly SizedSet[]): void {
    const idle = older
      .filter(
        ({ replicas, set }) =>
          replicas === 0 && (set.status?.replicas ?? 0) === 0 && set.metadata.deletionTimestamp === undefined,
      )
      .toSorted((a, b) => annotation(a.set, REVISION) - annotation(b.set, REVISION));
    const surplus = idle.length - deployment.spec.revisionHistoryLimit;
    for (const { set } of idle.slice(0, Math.max(0, surplus))) server.remove(setKind, set.metadata);
  }

  function writeStatus(ref: { namespace?: string; name: string }): void {
    const deployment = server.read(deploymentKind, ref) as Deployment;
    const sets = ownedSets(deployment);
    const newest = sets
      .filter((set) => equal(withoutHash(set.spec.template), withoutHash(deployment.spec.template)))
      .toSorted((a, b) => String(a.metadata.creationTimestamp).localeCompare(String(b.metadata.creationTimestamp)))[0];
    const { status, checkAgainMs } = deploymentStatus(deployment, newest, sets, timeline.nowMs());
    if (checkAgainMs !== undefined) queue.addAfter(keyOf(deployment), checkAgainMs);
    if (equal(status, deployment.status)) return;
    server.modify(deploymentKind, ref, (object) => void (object["status"] = status), statusBySystem);
  }
}
