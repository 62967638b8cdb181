import type { Desired } from "../engine/desired.ts";
import type { KubeObject } from "../kube/port.ts";
import { deployments } from "../kube/resources.ts";
import { specReplicas } from "../workload/fields.ts";
import { scalePatch } from "../workload/twin.ts";
import { attempt } from "./attempt.ts";
import type { Context } from "./context.ts";
import { makeTwin, makeTwinAgain } from "./make-twin.ts";
import { twinName, type Observed, type ReadRun } from "./observe.ts";
import { patchOwn } from "./patch-own.ts";
import { mendTwin } from "./twin-edited.ts";

/** The candidate's Deployment, and the twins of earlier runs. */
export async function arrangeTwins(context: Context, run: ReadRun, seen: Observed, desired: Desired): Promise<boolean> {
  const edited = await mendTwins(context, run, seen, desired);
  const twin = await arrangeTwin(context, run, seen, desired.twin);
  const previous = await arrangePrevious(context, run, seen, desired.previousTwin);
  const older = desired.olderTwins === "gone" && (await removeTwins(context, seen.olderTwins));
  return edited || twin || previous || older;
}

/** Both carry users, or may soon: what somebody wrote into their templates was never vetted. */
async function mendTwins(context: Context, run: ReadRun, seen: Observed, desired: Desired): Promise<boolean> {
  const { from, to } = run.spec;
  const twin = desired.twin !== "gone" && (await mendTwin(context, run.object, seen.twin, to.revision, run));
  const previous =
    desired.previousTwin !== "gone" && (await mendTwin(context, run.object, seen.previousTwin, from.revision, run));
  return twin || previous;
}

async function arrangeTwin(context: Context, run: ReadRun, seen: Observed, wish: Desired["twin"]): Promise<boolean> {
  if (wish === undefined) return false;
  if (wish === "gone") return removeTwin(context, seen.twin);
  if (seen.twin !== undefined) return patchOwn(context, seen.twin, scalePatch(seen.twin, wish.replicas));
  if (seen.own === undefined) return false;
  const { revision } = run.spec.to;
  const name = twinName(run.spec, run.name);
  return makeTwin(context, seen.own, { rollout: rolloutOf(run), name, revision, replicas: wish.replicas });
}

/** Users are on it: what somebody takes away of it is made again. */
async function arrangePrevious(
  context: Context,
  run: ReadRun,
  { own, previousTwin }: Observed,
  wish: Desired["previousTwin"],
): Promise<boolean> {
  if (wish === undefined) return false;
  if (wish === "gone") return removeTwin(context, previousTwin);
  const { workload: name, revision } = run.spec.from;
  if (own === undefined || context.ownWrites.isStaleIn(context.caches.deployments, { namespace: run.namespace, name }))
    return false;
  if (previousTwin === undefined)
    return makeTwinAgain(context, own, { rollout: rolloutOf(run), name, revision, replicas: wish.atLeast });
  if (specReplicas(previousTwin) >= wish.atLeast) return false;
  return patchOwn(context, previousTwin, scalePatch(previousTwin, wish.atLeast));
}

function rolloutOf({ object, spec }: ReadRun): { name: string; uid: string } {
  return { name: spec.rollout, uid: object.metadata.ownerReferences?.[0]?.uid ?? "" };
}

/** Gives true when there was one to remove. */
export async function removeTwins(context: Context, twins: readonly KubeObject[]): Promise<boolean> {
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
