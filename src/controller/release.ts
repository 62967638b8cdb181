import { FIELD_MANAGER, FINALIZER } from "../api/metadata.ts";
import { isFinal } from "../api/phase.ts";
import type { RolloutStatus } from "../api/run.ts";
import { ApiError, isNotFound } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { deployments, objectKey } from "../kube/resources.ts";
import { templateHash } from "../workload/canonical.ts";
import { heldBy, pausePatch, unadoptPatch } from "../workload/hold.ts";
import { specOf } from "../workload/fields.ts";
import { readOwn } from "../workload/own.ts";
import { removeTwin } from "./act-twins.ts";
import { liveStrays, removeStrays } from "./act-workload.ts";
import { patchOwn } from "./patch-own.ts";
import { templateIn } from "./template-in.ts";
import { BY_HOLDER, BY_OWNER, BY_ROLLOUT } from "./caches.ts";
import type { Context } from "./context.ts";
import { templateAmong, templateOf, type ReadRun } from "./observe.ts";
import { liveAfter, release } from "./pass-rest.ts";
import { isGone, rollouts } from "./resources.ts";

/** The deployment controller has seen a pause by then. */
const HOLD_CLOSES_MS = 200;

/** The end of a deleted Rollout, once no run is under way: the Deployment is the user's alone again. Needs no valid spec and creates nothing. */
export async function releaseRollout(
  context: Context,
  rollout: KubeObject,
  status: RolloutStatus,
  newest: ReadRun | undefined,
): Promise<{ againInMs: number | undefined }> {
  const { namespace = "", name } = rollout.metadata;
  const gone = isGone(rollout);
  // Of the runs of one that is gone the newest may be gone already: an older one says what users were on before.
  const live = gone ? undefined : liveAfter(status.live, newest, status.ended);
  const why = gone ? whyGone(context, rollout) : undefined;
  const held = heldDeployments(context, namespace, name);
  for (const own of held) if (await closeHold(context, own, live)) return { againInMs: HOLD_CLOSES_MS };
  for (const own of held) await releaseDeployment(context, rollout, own, live, why);
  // Where no run tells, users may be on them.
  if (!gone && live?.track !== "twin") await removeStrayTwins(context, rollout);
  context.evidence.forget(objectKey(rollout.metadata));
  context.telemetry.forgotten(namespace, name);
  // A mark that is put on the Deployment after that, or a run that begins, nobody would take away again.
  const lateMs = context.lateWrites.mayComeForMs(objectKey(rollout.metadata));
  if (lateMs > 0) return { againInMs: lateMs };
  await removeFinalizer(context, rollout);
  return { againInMs: undefined };
}

/** Twins that are there yet are of runs that were taken away as well: what those found, and where their users are, nobody knows. */
function whyGone(context: Context, rollout: KubeObject): string {
  const { namespace, name } = rollout.metadata;
  const twins = context.caches.deployments.byIndex(BY_ROLLOUT, objectKey(rollout.metadata));
  const left = twins.map((twin) => `kubectl -n ${namespace} delete deployment/${twin.metadata.name}`);
  const hint = left.length === 0 ? "" : `, and so is its run. Once no route leads to its candidate: ${left.join("; ")}`;
  return `Rollout ${name} is gone without a release, as when its finalizer is taken off by hand${hint}`;
}

/**
 * Lets go of what is marked for a Rollout that holds another workload by now: nobody else would, and no new template of it would ever
 * reach its users. Not before that one is held: by a name that is mistyped nothing loses its protection, nor is what is live forgotten.
 * Gives true when there was something.
 */
export async function releaseOthers(context: Context, rollout: KubeObject, workload: string): Promise<boolean> {
  const { namespace = "", name } = rollout.metadata;
  const held = heldDeployments(context, namespace, name);
  const others = held.filter(({ metadata }) => metadata.name !== workload);
  if (others.length === held.length) return false;
  const why = `Rollout ${name} names Deployment ${workload} now`;
  // What is known to be live is of the workload that it names: these are judged by their pods alone.
  for (const other of others) await releaseDeployment(context, rollout, other, undefined, why);
  return others.length > 0;
}

/** Deployments of `namespace` that carry the mark of this Rollout: found by that, not by its spec, which may have been edited since. */
export function heldDeployments(context: Context, namespace: string, rollout: string): KubeObject[] {
  return context.caches.deployments.byIndex(BY_HOLDER, objectKey({ namespace, name: rollout }));
}

/**
 * Left paused between two versions a Deployment would keep the pods of both: where somebody resumed it, it is paused again, and pods of a
 * template that nobody vetted are taken away. Gives true while that goes on.
 */
async function closeHold(context: Context, own: KubeObject, live: RolloutStatus["live"]): Promise<boolean> {
  const { namespace = "" } = own.metadata;
  const replicaSets = context.caches.replicaSets.byIndex(BY_OWNER, objectKey(own.metadata));
  const vetted = live?.track === "own" ? templateAmong(context.caches, namespace, replicaSets, live) : undefined;
  if (vetted === undefined || templateHash(vetted) === templateHash(templateIn(own))) return false;
  const state = readOwn(own, replicaSets, { live: vetted });
  const strays = liveStrays(state).filter(({ specReplicas }) => specReplicas > 0);
  if (strays.length === 0) return false;
  if (await patchOwn(context, own, pausePatch(own))) return true;
  return !state.pauseObserved || removeStrays(context, namespace, state, strays);
}

async function releaseDeployment(
  context: Context,
  rollout: KubeObject,
  own: KubeObject,
  live: RolloutStatus["live"],
  why?: string,
): Promise<void> {
  const { namespace = "", name } = own.metadata;
  const about = isGone(rollout) ? own : rollout;
  const kept = live === undefined ? undefined : templateOf(context.caches, namespace, live.revision);
  const liveHash = kept === undefined ? live?.hash : templateHash(kept);
  const ownHash = templateHash(templateIn(own));
  const replicaSets = context.caches.replicaSets.byIndex(BY_OWNER, objectKey(own.metadata));
  const state = readOwn(own, replicaSets, { live: templateIn(own) });
  // Rolled out whole, as after a promotion that got as far as converging: there is nothing left to hold.
  const isVetted = liveHash === undefined ? state.strays.length === 0 : liveHash === ownHash || state.rolledOut;
  if (isVetted) await releaseOrThrow(context, own, ownHash);
  else {
    context.events.tell(about, [
      {
        id: `${rollout.metadata.name}.left-paused.${ownHash}`,
        type: "Warning",
        reason: "LeftPaused",
        message: `Deployment ${name} stays paused: its template is not the one that users are on. To ship it unvetted: kubectl -n ${namespace} rollout resume deployment/${name}`,
      },
    ]);
  }
  const now = context.caches.deployments.get(namespace, name) ?? own;
  if (why !== undefined) {
    const id = `${rollout.metadata.name}.released.${now.metadata.generation ?? 0}`;
    const message = `Deployment ${name} is not under protection any more: ${why}`;
    context.events.tell(about, [{ id, type: "Warning", reason: "Released", message }]);
  }
  await patchOwn(context, now, unadoptPatch(now, rollout.metadata.name));
  await expectReleased(context, now, rollout.metadata.name);
}

async function releaseOrThrow(context: Context, own: KubeObject, vettedHash: string): Promise<void> {
  await release(context, own, vettedHash);
  const { namespace, name } = own.metadata;
  const now = context.caches.deployments.get(namespace, name);
  if (now === undefined || now.metadata.uid !== own.metadata.uid || specOf(now).paused !== true) return;
  throw new ApiError(409, "Conflict", `Deployment ${name} was written by somebody else while it was released`);
}

/** A lost race must not pass for done: nobody would ever come back for a Deployment that still is held. */
async function expectReleased(context: Context, own: KubeObject, rollout: string): Promise<void> {
  const { namespace = "", name } = own.metadata;
  const live = await context.api.get(deployments, { namespace, name }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (live === undefined || heldBy(live) !== rollout) return;
  context.caches.deployments.put(live);
  throw new ApiError(409, "Conflict", `Deployment ${name} was written by somebody else while it was released`);
}

/** Twins that no run under way stands for. */
export async function removeStrayTwins(context: Context, rollout: KubeObject): Promise<void> {
  const runs = context.caches.runs.byIndex(BY_ROLLOUT, objectKey(rollout.metadata));
  const active = new Set(
    runs
      .filter(
        (run) => !isFinal(((run["status"] as { phase?: string } | undefined)?.phase ?? "Preflight") as "Preflight"),
      )
      .map((run) => run.metadata.name),
  );
  for (const twin of context.caches.deployments.byIndex(BY_ROLLOUT, objectKey(rollout.metadata))) {
    if (!active.has(twin.metadata.name)) await removeTwin(context, twin);
  }
}

async function removeFinalizer(context: Context, rollout: KubeObject): Promise<void> {
  const { finalizers = [], namespace = "", name } = rollout.metadata;
  const index = finalizers.indexOf(FINALIZER);
  if (index < 0) return;
  const path = `/metadata/finalizers/${index}`;
  try {
    await context.api.patch(
      rollouts,
      { namespace, name },
      {
        type: "json",
        operations: [
          { op: "test", path, value: FINALIZER },
          { op: "remove", path },
        ],
      },
      { fieldManager: FIELD_MANAGER },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
