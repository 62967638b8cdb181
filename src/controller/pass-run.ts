import { FIELD_MANAGER, FINALIZER } from "../api/metadata.ts";
import { isFinal, type Phase } from "../api/phase.ts";
import { withoutFuture } from "../engine/clock-back.ts";
import { decide, type Decision } from "../engine/decide.ts";
import type { Desired } from "../engine/desired.ts";
import { sameLabels } from "../engine/world.ts";
import { lastTold } from "../engine/notice.ts";
import { isConflict } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { objectKey } from "../kube/resources.ts";
import { arrangeTraffic, lowerWeight } from "./act-traffic.ts";
import { arrangeWorkload } from "./act-workload.ts";
import type { Context } from "./context.ts";
import { mendHoldInRun, noteMendedHold } from "./hold-broken.ts";
import { observeRun, twinName, type Observed, type ReadRun } from "./observe.ts";
import { memoryKey, persistRun } from "./persist.ts";
import { rolloutRuns } from "./resources.ts";

export interface RunPass {
  /** Spec and status as they are after the pass. */
  run: ReadRun;
  decision: Decision;
  /** Something was written: look again as soon as the caches show it. */
  wrote: boolean;
  /** Percent of the users that the routes still give the candidate: more than the status wants where they could not be taken away. */
  weightPercent: number;
  /** Why users could not be taken away, or what else could not be written; the pass has failed, and must be tried again. */
  failure?: unknown;
  /** The status itself could not be written: the run does not know what was decided, and decides again. */
  unremembered?: boolean;
}

/**
 * One pass over a run: observe, decide, act, persist. Taking users away comes before everything, also before the memory of it;
 * whatever may expose more comes after this process has written the state that wants it.
 */
export async function passRun(
  context: Context,
  rollout: KubeObject,
  stored: ReadRun,
  standing: { suspend: boolean; outdated: boolean; deleting?: boolean },
  lastWriteMs: number | undefined,
): Promise<RunPass> {
  const key = objectKey({ namespace: stored.namespace, name: stored.spec.rollout });
  const status = withoutFuture(stored.status, stored.spec.plan, context.clock.now());
  const run = status === stored.status ? stored : { ...stored, status };
  follow(context, key, run);
  const seen = observeRun(context, { deleting: rollout.metadata.deletionTimestamp !== undefined, ...standing }, run);
  const decision = decide(seen.facts);
  const { desired } = decision;
  const { pinned } = run.spec;
  let failure: unknown;
  const labels = labelsToWithdraw(run, seen, desired);
  if (seen.routing.maxWeight > desired.atMost || labels !== undefined) {
    // What could not be written is remembered and told all the same, and tried again.
    await lowerWeight(context, run.namespace, pinned, seen.objects, desired, labels).catch((error: unknown) => {
      failure = error;
    });
    if (decision.status.phase === run.status.phase)
      context.telemetry.corrected({ namespace: run.namespace, rollout: run.spec.rollout, field: "weight" });
  }
  // Fewer pods of what nobody vetted: it waits for no memory of it.
  const held = await mendHoldInRun(context, run, seen, desired.own);
  if (!context.persisted.has(run.uid)) context.events.tell(run.object, lastTold(run));
  const notified = context.notifier.recorded(key, run.uid, decision.status.notified);
  const remarks = context.remarks.pending(run, decision.status.transitions, decision.status.phase);
  const transitions = remarks?.transitions ?? decision.status.transitions;
  const { phase, weightInForce } = decision.status;
  const weightPercent =
    failure === undefined
      ? weightInForce
      : Math.max(weightInForce, labels === undefined ? seen.routing.maxWeight : 100);
  const kept = TAKING_AWAY.includes(phase) ? weightPercent : weightInForce;
  const next: ReadRun = { ...run, status: { ...decision.status, weightInForce: kept, notified, transitions } };
  const done = { run: next, decision, wrote: held.wrote, weightPercent, failure: failure ?? held.failure };
  let persisted: boolean;
  try {
    persisted = await persistRun(context, stored, next.status, lastWriteMs);
  } catch (error) {
    if (held.wrote) noteMendedHold(context, run, seen);
    // A lost race is over in a moment, and says nothing of the other.
    return { ...done, failure: isConflict(error) ? error : (failure ?? error), unremembered: true };
  }
  remarks?.done();
  context.events.tell(run.object, decision.notices);
  done.wrote ||= persisted;
  if (failure !== undefined || isStale(context, run, seen)) return done;
  const mayExpose = context.persisted.get(run.uid) === memoryKey(next.status);
  try {
    const wrote = mayExpose && (await act(context, rollout, next, seen, desired));
    return { ...done, wrote: wrote || done.wrote };
  } catch (error) {
    return { ...done, failure: error };
  }
}

/** In these the number in the run's status is for people alone: whatever it is, users go to no candidate. */
const TAKING_AWAY: readonly Phase[] = ["Withdrawing", "Draining"];

/** Of a swap that got no further than its labels: `stable` names the candidate, so at weight 0 every user would stay on it. */
function labelsToWithdraw(run: ReadRun, seen: Observed, desired: Desired): Desired["labels"] {
  const { stable } = seen.routing;
  const { from, to } = run.spec;
  const isSwapped = stable !== undefined && sameLabels(stable, to.podLabels) && !sameLabels(stable, from.podLabels);
  return desired.withdraw && isSwapped ? desired.labels : undefined;
}

function follow(context: Context, key: string, run: ReadRun): void {
  const { phase } = run.status;
  if (phase === "Preflight" || phase === "Draining" || isFinal(phase)) {
    if (phase !== "Preflight") context.evidence.forget(key);
    return;
  }
  context.evidence.follow(key, run);
}

/** Older than what this process itself wrote: nothing may rest on it, except taking users away. */
function isStale(context: Context, run: ReadRun, seen: Observed): boolean {
  const { caches, ownWrites } = context;
  const { namespace, spec } = run;
  const { virtualServices, destinationRule } = spec.pinned.istio;
  return (
    virtualServices.some((route) => ownWrites.isStaleIn(caches.virtualServices, route)) ||
    ownWrites.isStaleIn(caches.destinationRules, destinationRule) ||
    ownWrites.isStaleIn(caches.deployments, { namespace, name: spec.pinned.workload.name }) ||
    (seen.twin !== undefined && ownWrites.isStaleIn(caches.deployments, { namespace, name: twinName(spec, run.name) }))
  );
}

async function act(
  context: Context,
  rollout: KubeObject,
  run: ReadRun,
  seen: Observed,
  desired: Desired,
): Promise<boolean> {
  const traffic = await arrangeTraffic(
    context,
    run.namespace,
    run.spec.pinned,
    run.status.asFound,
    seen.objects,
    desired,
  );
  if (traffic.labels && seen.facts.run.status.phase === run.status.phase && !ARRANGING.includes(run.status.phase)) {
    context.telemetry.corrected({ namespace: run.namespace, rollout: run.spec.rollout, field: "labels" });
  }
  const workload = await arrangeWorkload(context, rollout, run, seen, desired);
  return traffic.labels || traffic.routes || workload;
}

/** States that change labels in the course of their work; in any other a label that had to be written had drifted. */
const ARRANGING: readonly Phase[] = ["Fencing", "SwappingLabels", "Undoing", "Joining", "Releasing", "Draining"];

/** The run is history: what this process remembers of it goes. */
export function forgetRun(context: Context, key: string, run: ReadRun): void {
  context.evidence.forget(key);
  context.settle.forget(`${key} `);
  context.preflight.forget(run.uid);
  context.persisted.delete(run.uid);
}

/** The Rollout's status says how the run ended: nothing holds it back from deletion any more. */
export async function letRunGo(context: Context, run: ReadRun): Promise<void> {
  const finalizers = run.object.metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return;
  const index = finalizers.indexOf(FINALIZER);
  await context.api.patch(
    rolloutRuns,
    { namespace: run.namespace, name: run.name },
    {
      type: "json",
      operations: [
        { op: "test", path: `/metadata/finalizers/${index}`, value: FINALIZER },
        { op: "remove", path: `/metadata/finalizers/${index}` },
      ],
    },
    { fieldManager: FIELD_MANAGER },
  );
}
