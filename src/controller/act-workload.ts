import { FIELD_MANAGER } from "../api/metadata.ts";
import type { Desired } from "../engine/desired.ts";
import { ApiError, isAlreadyExists, isNotFound } from "../kube/errors.ts";
import type { JsonPatchOperation, KubeObject } from "../kube/port.ts";
import { deployments, horizontalPodAutoscalers, podTemplates, replicaSets } from "../kube/resources.ts";
import { sameTemplate, templateHash } from "../workload/canonical.ts";
import { pausePatch, releasePatch } from "../workload/hold.ts";
import { isSaturated, type OwnReplicaSet, type OwnState } from "../workload/own.ts";
import { revisionObject } from "../workload/revision.ts";
import { floorPatch } from "../workload/floor.ts";
import { scalePatch, twinDeployment } from "../workload/twin.ts";
import type { Context } from "./context.ts";
import { mendTwin } from "./twin-edited.ts";
import { patchOwn } from "./patch-own.ts";
import { templateIn } from "./template-in.ts";
import { autoscalerOf, floorBack, templateOf, twinName, type Observed, type ReadRun } from "./observe.ts";

const options = { fieldManager: FIELD_MANAGER };

/** The candidate's Deployment, the own one's hold, and the twin of an earlier run. */
export async function arrangeWorkload(
  context: Context,
  rollout: KubeObject,
  run: ReadRun,
  seen: Observed,
  desired: Desired,
): Promise<boolean> {
  const revision = await ensureRevision(context, rollout, run, seen);
  const held = await arrangeOwn(context, run, seen, desired.own);
  const strays = await removeStrays(context, run.namespace, seen.ownState, straysOf(seen, desired));
  const edited = await mendTwins(context, run, seen, desired);
  const twin = await arrangeTwin(context, run, seen, desired);
  const previous = desired.previousTwin === "gone" && (await removeTwin(context, seen.previousTwin));
  const older = desired.olderTwins === "gone" && (await removeTwins(context, seen.olderTwins));
  const floor = await arrangeFloor(context, run, desired.floor);
  return revision || held || strays || edited || twin || previous || older || floor;
}

/** The autoscaler may not shrink the live revision while its users are away; what was found was persisted before. */
async function arrangeFloor(context: Context, run: ReadRun, wish: Desired["floor"]): Promise<boolean> {
  const found = run.status.asFound?.scaling;
  if (wish === "leave" || found === undefined) return false;
  const autoscaler = autoscalerOf(context.caches, run.namespace, run.spec.pinned.workload.name);
  if (autoscaler?.metadata.name !== found.name || autoscaler.kind !== found.kind) return false;
  const resource =
    autoscaler.kind === "ScaledObject" ? context.caches.scaledObjects?.resource : horizontalPodAutoscalers;
  if (resource === undefined) return false;
  const { sizeAtStart } = run.spec.pinned;
  const operations = wish === "raise" ? floorPatch(autoscaler, sizeAtStart) : floorBack(autoscaler, found, sizeAtStart);
  if (operations.length === 0) return false;
  const ref = { namespace: run.namespace, name: autoscaler.metadata.name };
  await attempt(context, () =>
    context.api.patch(resource, ref, { type: "json", operations: [...operations] }, options),
  );
  return true;
}

/** The candidate's revision as a PodTemplate: written after the run that commits to it, so it may be missing after a crash. */
async function ensureRevision(context: Context, rollout: KubeObject, run: ReadRun, seen: Observed): Promise<boolean> {
  const { to } = run.spec;
  if (seen.own === undefined || templateOf(context.caches, run.namespace, to.revision) !== undefined) return false;
  const template = templateIn(seen.own);
  if (templateHash(template) !== to.hash) return false;
  const object = revisionObject({
    name: to.revision,
    namespace: run.namespace,
    rollout: run.spec.rollout,
    template,
    owner: rollout,
  });
  await attempt(context, () => context.api.create(podTemplates, object, options));
  return true;
}

async function arrangeOwn(context: Context, run: ReadRun, seen: Observed, wish: Desired["own"]): Promise<boolean> {
  if (seen.own === undefined || wish === "leave") return false;
  if (wish === "pause") return patchOwn(context, seen.own, pausePatch(seen.own));
  if (seen.ownState?.paused !== true) return false;
  // Rule 5: a stale cache would release the user's newest template to everyone.
  const live = await context.api.get(deployments, { namespace: run.namespace, name: seen.own.metadata.name });
  context.caches.deployments.put(live);
  const vetted = templateOf(context.caches, run.namespace, run.spec.to.revision);
  if (live.metadata.uid !== seen.own.metadata.uid || vetted === undefined || !sameTemplate(templateIn(live), vetted))
    return true;
  return patchOwn(context, live, releasePatch(live));
}

/** Without pods that stay the deployment controller would bring the same ones back. */
function straysOf({ ownState, unvetted }: Observed, { strays }: Desired): readonly OwnReplicaSet[] {
  if (ownState === undefined || strays === "leave") return [];
  if (strays === "notLive") return liveStrays(ownState);
  return ownState.replicaSets.some((set) => set.specReplicas > 0 && !unvetted.includes(set)) ? unvetted : [];
}

/** All but the live revision's, once there is one. */
export function liveStrays({ liveReplicaSet, strays }: OwnState): readonly OwnReplicaSet[] {
  return liveReplicaSet === undefined ? [] : strays;
}

/**
 * Pods that a broken hold let through. Only while the pause is observed and they are not yet a full set: once they are, the deployment
 * controller undoes any scaling (machine rule 2).
 */
export async function removeStrays(
  context: Context,
  namespace: string,
  state: OwnState | undefined,
  strays: readonly OwnReplicaSet[],
): Promise<boolean> {
  if (state === undefined || !state.pauseObserved) return false;
  if (strays.some((stray) => isSaturated(stray, state.specReplicas))) return false;
  const asked = strays.filter((stray) => stray.specReplicas > 0);
  for (const stray of asked) {
    context.log.warn(
      { namespace, replicaSet: stray.name, pods: stray.replicas },
      "the hold was broken: pods of a revision that is not live are taken away",
    );
    const operations: JsonPatchOperation[] = [{ op: "replace", path: "/spec/replicas", value: 0 }];
    await attempt(context, () =>
      context.api.patch(replicaSets, { namespace, name: stray.name }, { type: "json", operations }, options),
    );
  }
  return asked.length > 0;
}

/** Both carry users, or may soon: what somebody wrote into their templates was never vetted. */
async function mendTwins(context: Context, run: ReadRun, seen: Observed, desired: Desired): Promise<boolean> {
  const { from, to } = run.spec;
  const twin = desired.twin !== "gone" && (await mendTwin(context, run.object, seen.twin, to.revision, run));
  const previous =
    desired.previousTwin !== "gone" && (await mendTwin(context, run.object, seen.previousTwin, from.revision, run));
  return twin || previous;
}

async function arrangeTwin(context: Context, run: ReadRun, seen: Observed, desired: Desired): Promise<boolean> {
  const wish = desired.twin;
  if (wish === undefined) return false;
  if (wish === "gone") return removeTwin(context, seen.twin);
  if (seen.twin === undefined) return makeTwin(context, run, seen, wish.replicas);
  return patchOwn(context, seen.twin, scalePatch(seen.twin, wish.replicas));
}

async function makeTwin(context: Context, run: ReadRun, seen: Observed, replicas: number): Promise<boolean> {
  const template = templateOf(context.caches, run.namespace, run.spec.to.revision);
  if (template === undefined || seen.own === undefined) return false;
  const owner = run.object.metadata.ownerReferences?.[0];
  const twin = twinDeployment({
    rollout: { name: run.spec.rollout, uid: owner?.uid ?? "" },
    runName: twinName(run.spec, run.name),
    own: seen.own,
    template,
    replicas,
  });
  await attempt(context, () => context.api.create(deployments, twin, options));
  return true;
}

async function removeTwins(context: Context, twins: readonly KubeObject[]): Promise<boolean> {
  const removed = await Promise.all(twins.map((twin) => removeTwin(context, twin)));
  return removed.some(Boolean);
}

export async function removeTwin(context: Context, twin: KubeObject | undefined): Promise<boolean> {
  if (twin === undefined || twin.metadata.deletionTimestamp !== undefined) return false;
  const { namespace = "", name, uid } = twin.metadata;
  const preconditions = uid === undefined ? {} : { preconditions: { uid } };
  await attempt(context, () =>
    context.api.delete(deployments, { namespace, name }, { propagationPolicy: "Background", ...preconditions }),
  );
  return true;
}

/** What is there already, or gone already, is as wished; of a lost race the next pass sees the outcome. */
async function attempt(context: Context, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const lost = error instanceof ApiError && (error.code === 409 || error.code === 422);
    if (!lost && !isAlreadyExists(error) && !isNotFound(error)) throw error;
    context.log.info({ err: error }, "done already, or somebody wrote first");
  }
}
