import { FIELD_MANAGER } from "../api/metadata.ts";
import type { Desired } from "../engine/desired.ts";
import type { KubeObject } from "../kube/port.ts";
import { deployments, horizontalPodAutoscalers, podTemplates, replicaSets } from "../kube/resources.ts";
import { ifUnchanged } from "../unchanged.ts";
import { sameTemplate, templateHash } from "../workload/canonical.ts";
import { pausePatch, releasePatch } from "../workload/hold.ts";
import { isSaturated, type OwnReplicaSet, type OwnState } from "../workload/own.ts";
import { revisionObject } from "../workload/revision.ts";
import { floorPatch } from "../workload/floor.ts";
import { arrangeTwins } from "./act-twins.ts";
import { attempt } from "./attempt.ts";
import type { Context } from "./context.ts";
import { patchOwn } from "./patch-own.ts";
import { isGone } from "./resources.ts";
import { templateIn } from "./template-in.ts";
import { autoscalerOf, floorBack, templateOf, type Observed, type ReadRun } from "./observe.ts";

const options = { fieldManager: FIELD_MANAGER };

/** The own Deployment's hold and stray pods, the twins, and the autoscaler's floor. */
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
  // Before the twins: one that may not be made (a quota, a right) keeps nobody from getting the floor back.
  const floor = await arrangeFloor(context, run, desired.floor);
  const twins = await arrangeTwins(context, run, seen, desired);
  return revision || held || strays || twins || floor;
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
  // An owner that is gone takes it along at once.
  if (isGone(rollout)) return false;
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
  const { revision, hash } = run.spec.to;
  const vetted = templateOf(context.caches, run.namespace, revision);
  const template = templateIn(live);
  // Of a Rollout that is gone, the PodTemplates are gone too.
  const isVetted = vetted === undefined ? templateHash(template) === hash : sameTemplate(template, vetted);
  if (live.metadata.uid !== seen.own.metadata.uid || !isVetted) return true;
  return patchOwn(context, live, releasePatch(live));
}

/** Without pods that stay the deployment controller would bring the same ones back. */
function straysOf({ ownState, unvetted }: Observed, { strays }: Desired): readonly OwnReplicaSet[] {
  if (ownState === undefined || strays === "leave") return [];
  if (strays === "notLive") return liveStrays(ownState);
  return ownState.replicaSets.some((set) => set.specReplicas > 0 && !unvetted.includes(set)) ? unvetted : [];
}

/** All but the live revision's, while that one has pods: of one that was scaled to 0 no pod comes back, and the others are all that there is. */
export function liveStrays({ liveReplicaSet, strays }: OwnState): readonly OwnReplicaSet[] {
  const hasPods = liveReplicaSet !== undefined && (liveReplicaSet.specReplicas > 0 || liveReplicaSet.replicas > 0);
  return hasPods ? strays : [];
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
    const found = context.caches.replicaSets.get(namespace, stray.name);
    if (found === undefined) continue;
    context.log.warn(
      { namespace, replicaSet: stray.name, pods: stray.replicas },
      "the hold was broken: pods of a revision that is not live are taken away",
    );
    const operations = ifUnchanged(found, [{ op: "replace", path: "/spec/replicas", value: 0 }]);
    await attempt(context, () =>
      context.api.patch(replicaSets, { namespace, name: stray.name }, { type: "json", operations }, options),
    );
  }
  return asked.length > 0;
}
