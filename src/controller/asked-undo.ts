import { isFinal } from "../api/phase.ts";
import type { Command, RolloutStatus, TrackedRevision } from "../api/run.ts";
import { previousRevision } from "../engine/undo.ts";
import type { KubeObject } from "../kube/port.ts";
import { templateHash } from "../workload/canonical.ts";
import type { Context } from "./context.ts";
import { templateOf, type ReadRun } from "./observe.ts";
import { rolloutRuns } from "./resources.ts";
import { templateIn } from "./template-in.ts";

/** What an undo that was given to a run which has ended asks for: the version before, or a sentence why there is none. */
export type AskedUndo =
  | { kind: "none" }
  | { kind: "previous"; command: Command; revision: TrackedRevision }
  | { kind: "refused"; command: Command; message: string };

/** `runs` the newest first. Only the newest is asked: a click that was meant for an earlier one must not hit a later. */
export function askedUndo(
  context: Context,
  own: KubeObject | undefined,
  live: RolloutStatus["live"],
  runs: readonly ReadRun[],
): AskedUndo {
  const [newest] = runs;
  if (own === undefined || live === undefined || newest === undefined || !isFinal(newest.status.phase))
    return { kind: "none" };
  const command = newest.spec.commands.findLast(
    ({ id, verb }) => verb === "undo" && !newest.status.commandsSeen.includes(id),
  );
  if (command === undefined) return { kind: "none" };
  const refused = (message: string): AskedUndo => ({ kind: "refused", command, message });
  if ((own["spec"] as { replicas?: number }).replicas === 0)
    return refused("the Deployment has 0 replicas: there are no users to bring back");
  const revision = previousRevision(live.hash, runs);
  if (revision === undefined) return refused("no run that is kept knows a version before the live one");
  if (templateOf(context.caches, newest.namespace, revision.revision) === undefined)
    return refused(`the PodTemplate ${revision.revision} of the version before is gone: put its template back in Git`);
  // It would end the undo, and get a run: also one that was refused, which nobody asked to try again.
  if (templateHash(templateIn(own)) !== hashOf(context, newest.namespace, live))
    return refused(
      `the Deployment has another template than users are on (${live.revision}): put the one that you want into it; a version that users were on lately goes straight to them`,
    );
  return { kind: "previous", command, revision };
}

/** As the API server defaults templates now, where the revision is kept. */
function hashOf(context: Context, namespace: string, live: NonNullable<RolloutStatus["live"]>): string {
  const kept = templateOf(context.caches, namespace, live.revision);
  return kept === undefined ? live.hash : templateHash(kept);
}

/**
 * Answers whoever gave the command; told once, since an Event's name is made from the command's. Then it counts as seen: what was
 * refused must not be done later, when its reason is gone and nobody thinks of it any more.
 */
export async function answerUndo(context: Context, run: ReadRun, asked: AskedUndo): Promise<void> {
  if (asked.kind !== "refused") return;
  const { id, by = "somebody" } = asked.command;
  const message = `undo by ${by}: refused after the end: ${asked.message}`;
  context.events.tell(run.object, [{ id: `${run.name}.${id}`, type: "Warning", reason: "CommandRefused", message }]);
  context.remarks.note(run, "commandRefused", message);
  const commandsSeen = [...run.status.commandsSeen, id];
  const object = { ...run.object, status: { ...run.status, commandsSeen } };
  context.caches.runs.put(await context.api.replace(rolloutRuns, object, { subresource: "status" }));
}
