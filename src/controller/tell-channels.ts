import { isFinal } from "../api/phase.ts";
import { isNotFound } from "../kube/errors.ts";
import type { Context } from "./context.ts";
import type { ReadRun } from "./observe.ts";
import { readRolloutStatus, runsOf } from "./read.ts";
import { rolloutRuns } from "./resources.ts";

/**
 * Hands over what the runs of a Rollout have to tell, by their statuses as the cache has them, which are persisted; and records what was
 * told of those that have ended, and what is remarked on them. Returns at once.
 */
export type TellChannels = (context: Context, key: string) => void;

export function createTellChannels(): TellChannels {
  const recording = new Set<string>();

  /** Of those that have ended: no pass writes their statuses any more. */
  async function record(context: Context, key: string, runs: readonly ReadRun[]): Promise<void> {
    for (const run of runs) {
      const notified = context.notifier.recorded(key, run.uid, run.status.notified);
      const remarks = context.remarks.pending(run, run.status.transitions, run.status.phase);
      const isNew = notified !== run.status.notified || remarks !== undefined;
      if (!isNew || context.ownWrites.isStaleIn(context.caches.runs, run)) continue;
      try {
        const transitions = remarks?.transitions ?? run.status.transitions;
        const object = { ...run.object, status: { ...run.status, notified, transitions } };
        await context.api.replace(rolloutRuns, object, { subresource: "status" });
        remarks?.done();
      } catch (error) {
        // The next pass tries again; until then this run's channels are sent nothing more.
        if (isNotFound(error)) remarks?.done();
        else context.log.warn({ run: run.name, err: error }, "what was told could not be recorded");
      }
    }
  }

  return (context, key) => {
    const [namespace = "", name = ""] = key.split("/");
    const rollout = context.caches.rollouts.get(namespace, name);
    const all = runsOf(context.caches, context.log, rollout ?? { metadata: { namespace, name } });
    // A run of one that is gone comes to its end all the same; those that are only kept as a record have nothing more to tell.
    const runs = rollout === undefined ? all.filter((run) => run.deleting || !isFinal(run.status.phase)) : all;
    if (rollout === undefined && runs.length === 0) {
      context.notifier.forget(key);
      return;
    }
    context.notifier.look(key, runs, {
      seriesOf: (run) => (objective) => (isFinal(run.status.phase) ? [] : context.evidence.fractions(key, objective)),
      isAtRest: rollout !== undefined && readRolloutStatus(rollout).phase === "Healthy",
    });
    if (recording.has(key)) return;
    recording.add(key);
    const ended = runs.filter(({ status }) => isFinal(status.phase));
    void record(context, key, ended).finally(() => recording.delete(key));
  };
}
