import { ApiError } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { keyOf } from "../kube/resources.ts";
import { bySystem, builtIn, type Cluster, controllerOf, controllerReference, statusBySystem } from "./cluster.ts";
import { withoutZeros } from "./deployment-status.ts";
import { equal } from "./json.ts";
import { nameSuffix } from "./random.ts";
import { createReconciler } from "./reconciler.ts";
import { isReady, type Pod, type ReplicaSet, readySinceMs } from "./workload-types.ts";

const RETRY_MS = 500;

/** Which pods go first: those that serve nobody, then the youngest. */
function expendableFirst(a: Pod, b: Pod): number {
  const rank = (pod: Pod) => (isReady(pod) ? 1 : 0);
  const age = String(b.metadata.creationTimestamp).localeCompare(String(a.metadata.creationTimestamp));
  return rank(a) - rank(b) || age || b.metadata.name.localeCompare(a.metadata.name);
}

/** Kubernetes' ReplicaSet controller: as many pods as asked for, and the counts in status. */
export function startReplicaSetController(cluster: Cluster, reactionMs: number): void {
  const { store, server, timeline, random } = cluster;
  const setKind = builtIn(cluster, "replicasets.apps");
  const podKind = builtIn(cluster, "pods");
  const queue = createReconciler(timeline, reactionMs, sync);

  store.onChange("replicasets.apps", ({ object }) => queue.add(keyOf(object)));
  store.onChange("pods", ({ object }) => {
    const owner = controllerOf(object);
    if (owner?.kind === "ReplicaSet") queue.add(`${object.metadata.namespace}/${owner.name}`);
  });

  function livePods(set: ReplicaSet): Pod[] {
    return store
      .dependents(set.metadata.uid ?? "")
      .filter(({ resource, object }) => resource === "pods" && object.metadata.deletionTimestamp === undefined)
      .map(({ object }) => object as Pod);
  }

  function sync(key: string): void {
    const [namespace = "", name = ""] = key.split("/");
    const set = store.get(setKind.name, { namespace, name }) as ReplicaSet | undefined;
    if (!set) return;
    try {
      if (set.metadata.deletionTimestamp === undefined) adjust(set);
      writeStatus(set);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      queue.addAfter(key, RETRY_MS);
    }
  }

  function adjust(set: ReplicaSet): void {
    const pods = livePods(set);
    const missing = set.spec.replicas - pods.length;
    for (let count = 0; count < missing; count++) server.create(podKind, podOf(set), bySystem);
    if (missing >= 0) return;
    for (const pod of pods.toSorted(expendableFirst).slice(0, -missing)) server.remove(podKind, pod.metadata);
  }

  function podOf(set: ReplicaSet): KubeObject {
    const { metadata, spec } = set.spec.template;
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: `${set.metadata.name}-${nameSuffix(random)}`,
        namespace: set.metadata.namespace ?? "",
        ...(metadata.labels ? { labels: metadata.labels } : {}),
        ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
        ownerReferences: [controllerReference(set)],
      },
      spec,
    };
  }

  function writeStatus(set: ReplicaSet): void {
    const pods = livePods(set);
    const minReadyMs = (set.spec.minReadySeconds ?? 0) * 1_000;
    let available = 0;
    let nextMs: number | undefined;
    for (const pod of pods) {
      const since = readySinceMs(pod);
      if (since === undefined) continue;
      const leftMs = since + minReadyMs - timeline.nowMs();
      if (minReadyMs === 0 || leftMs <= 0) available++;
      else nextMs = Math.min(nextMs ?? leftMs, leftMs);
    }
    if (nextMs !== undefined) queue.addAfter(keyOf(set), nextMs);
    const status = withoutZeros({
      observedGeneration: set.metadata.generation ?? 0,
      replicas: pods.length,
      fullyLabeledReplicas: pods.length,
      readyReplicas: pods.filter(isReady).length,
      availableReplicas: available,
    });
    if (equal(status, set.status)) return;
    server.modify(setKind, set.metadata, (object) => void (object["status"] = status), statusBySystem);
  }
}
