import type { KubeObject } from "../kube/port.ts";
import { pausePatch } from "../workload/hold.ts";
import type { Context } from "./context.ts";
import { writerOf } from "./field-writer.ts";
import type { ReadRun } from "./observe.ts";
import { patchOwn } from "./patch-own.ts";

/** A tool that resumes it with every sync is not noted each time. */
const AGAIN_MS = 600_000;

/**
 * Pauses a Deployment again that must not roll and was resumed by somebody else, and tells who it was (machine rule 2): asked for before
 * the pause, which takes the field over. Told once for each breaking, since the Event is named by the
 * Deployment's generation, and noted in the record of `run`, the newest. Gives true when something was written.
 */
export async function mendHold(
  context: Context,
  about: KubeObject,
  own: KubeObject,
  run: ReadRun | undefined,
): Promise<boolean> {
  const operations = pausePatch(own);
  if (operations.length === 0) return false;
  const who = await whoResumed(context, own).catch(() => "somebody");
  const wrote = await patchOwn(context, own, operations);
  const { name, generation = 0 } = own.metadata;
  const message = `Deployment ${name} was resumed by ${who} while its template is not vetted: it is paused again, and pods of that template are taken away`;
  const id = `${about.metadata.name}.hold-broken.${generation}`;
  context.events.tell(about, [{ id, type: "Warning", reason: "HoldBroken", message }]);
  if (run !== undefined) context.remarks.note(run, "holdBroken", message, AGAIN_MS);
  return wrote;
}

/** Whoever says `paused` now, as a tool that applies `paused: false` does. A resume takes the field away, and nobody is named then. */
async function whoResumed(context: Context, own: KubeObject): Promise<string> {
  const manager = await writerOf(context, own, "paused");
  return manager ?? "somebody (a resume leaves no name; the API server's audit log has it)";
}
