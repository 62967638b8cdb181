import type { KubeObject } from "../kube/port.ts";
import { pausePatch } from "../workload/hold.ts";
import type { Context } from "./context.ts";
import { writerOf } from "./field-writer.ts";
import { patchOwn } from "./patch-own.ts";

/**
 * Pauses a Deployment again that must not roll and was resumed by somebody else, and tells who it was (machine rule 2): asked for before
 * the pause, which takes the field over. Told once for each breaking, since the Event is named by the
 * Deployment's generation. Gives true when something was written.
 */
export async function mendHold(context: Context, about: KubeObject, own: KubeObject): Promise<boolean> {
  const operations = pausePatch(own);
  if (operations.length === 0) return false;
  const who = await whoResumed(context, own).catch(() => "somebody");
  const wrote = await patchOwn(context, own, operations);
  const { name, generation = 0 } = own.metadata;
  context.events.tell(about, [
    {
      id: `${about.metadata.name}.hold-broken.${generation}`,
      type: "Warning",
      reason: "HoldBroken",
      message: `Deployment ${name} was resumed by ${who} while its template is not vetted: it is paused again, and pods of that template are taken away`,
    },
  ]);
  return wrote;
}

/** Whoever says `paused` now, as a tool that applies `paused: false` does. A resume takes the field away, and nobody is named then. */
async function whoResumed(context: Context, own: KubeObject): Promise<string> {
  const manager = await writerOf(context, own, "paused");
  return manager ?? "somebody (a resume leaves no name; the API server's audit log has it)";
}
