import type { Desired } from "../engine/desired.ts";
import { brokenHold, HOLD_AGAIN_MS, holdNotices, resumedMessage, STILL_OPEN, UNVETTED } from "../engine/hold-broken.ts";
import type { KubeObject } from "../kube/port.ts";
import { pausePatch, resumedBy } from "../workload/hold.ts";
import type { Context } from "./context.ts";
import type { Observed, ReadRun } from "./observe.ts";
import { patchOwn } from "./patch-own.ts";

/**
 * While no run is under way: pauses a Deployment again that must not roll and was resumed by somebody else, and tells who it was
 * (machine rule 2). Told once for each breaking, since the Event is named by the Deployment's generation, and noted in the
 * record of `newest`, the newest run; also where the pause is refused, which is thrown. Gives true when something was written.
 */
export async function mendHold(
  context: Context,
  rollout: KubeObject,
  own: KubeObject,
  newest: ReadRun | undefined,
): Promise<boolean> {
  const operations = pausePatch(own);
  if (operations.length === 0) return false;
  const { name, generation = 0 } = own.metadata;
  const id = `${rollout.metadata.name}.hold-broken.${generation}`;
  const tell = (one: { id: string; message: string }) => {
    context.events.tell(rollout, [{ ...one, type: "Warning", reason: "HoldBroken" }]);
    if (newest !== undefined) context.remarks.note(newest, "holdBroken", one.message, HOLD_AGAIN_MS);
  };
  try {
    const wrote = await patchOwn(context, own, operations);
    tell({ id, message: resumedMessage(name, resumedBy(own), UNVETTED) });
    return wrote;
  } catch (error) {
    tell({ id: `${id}.open`, message: stillBroken(own) ?? "" });
    throw error;
  }
}

/** What people are told of a Deployment that was resumed, and could not be paused again; undefined of one that is paused. */
export function stillBroken(own: KubeObject): string | undefined {
  if (pausePatch(own).length === 0) return undefined;
  return resumedMessage(own.metadata.name, resumedBy(own), STILL_OPEN);
}

/**
 * In the middle of a run: pauses it again before anything is remembered. The run's record and the Event come with the decision, once
 * its status is written. A pause that could not be written keeps nothing else from being done, and is tried again.
 */
export async function mendHoldInRun(
  context: Context,
  run: ReadRun,
  seen: Observed,
  wish: Desired["own"],
): Promise<{ wrote: boolean; failure?: unknown }> {
  // What is opened on purpose in this very pass is not paused before.
  if (wish !== "pause" || seen.own === undefined) return { wrote: false };
  if (brokenHold(run.status.phase, seen.facts) === undefined) return { wrote: false };
  try {
    return { wrote: await patchOwn(context, seen.own, pausePatch(seen.own)) };
  } catch (error) {
    return { wrote: false, failure: error };
  }
}

/** The status could not be written, and the next pass finds the Deployment paused: it is told now, and noted with the next write. */
export function noteMendedHold(context: Context, run: ReadRun, seen: Observed): void {
  const notices = holdNotices(run.status.phase, seen.facts);
  context.events.tell(run.object, notices);
  for (const { message } of notices) context.remarks.note(run, "holdBroken", message, HOLD_AGAIN_MS);
}
