import { isFinal } from "../api/phase.ts";
import type { RolloutStatus } from "../api/run.ts";
import { isNotFound } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { podTemplates } from "../kube/resources.ts";
import type { Context } from "./context.ts";
import { keptForTwin } from "./kept-for-twin.ts";
import type { ReadRun } from "./observe.ts";
import { rolloutRuns } from "./resources.ts";

/**
 * Deletes ended runs beyond `limit`, the oldest first, and the revisions that only they knew. What users are on is never among them:
 * neither the newest run, nor the one whose twin or revision is live or is what a run under way would go back to.
 * Gives true when something was deleted.
 */
export async function pruneHistory(
  context: Context,
  runs: readonly ReadRun[],
  live: RolloutStatus["live"],
  limit: number,
): Promise<boolean> {
  const old = prunable(runs, live, limit);
  const known = new Set(runs.filter((run) => !old.includes(run)).flatMap(revisionsOf));
  if (live !== undefined) known.add(live.revision);
  for (const run of old) {
    // The run goes last: while it is there, a crash loses no trace of what is still to be deleted.
    for (const name of revisionsOf(run).filter((revision) => !known.has(revision)))
      await remove(context, podTemplates, context.caches.podTemplates.get(run.namespace, name));
    await remove(context, rolloutRuns, run.object);
    context.log.info({ run: run.name, namespace: run.namespace }, "an old run beyond historyLimit is deleted");
  }
  return old.length > 0;
}

/** `runs` in any order. */
function prunable(runs: readonly ReadRun[], live: RolloutStatus["live"], limit: number): ReadRun[] {
  const newestFirst = runs.toSorted((a, b) => b.spec.ordinal - a.spec.ordinal);
  const needed = new Set<string | undefined>([newestFirst[0]?.name, live?.workload, live?.revision]);
  for (const name of keptForTwin(newestFirst)) needed.add(name);
  for (const run of runs) {
    if (isFinal(run.status.phase)) continue;
    for (const name of [run.name, run.spec.from.workload, run.spec.from.revision]) needed.add(name);
  }
  return newestFirst
    .filter((run) => isFinal(run.status.phase))
    .slice(limit)
    .filter((run) => !needed.has(run.name) && !run.deleting)
    .toReversed();
}

function revisionsOf({ spec }: ReadRun): string[] {
  return [spec.from.revision, spec.to.revision];
}

async function remove(context: Context, resource: typeof rolloutRuns, object: KubeObject | undefined): Promise<void> {
  if (object === undefined) return;
  const { namespace = "", name, uid } = object.metadata;
  const preconditions = uid === undefined ? {} : { preconditions: { uid } };
  try {
    await context.api.delete(resource, { namespace, name }, { propagationPolicy: "Background", ...preconditions });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
