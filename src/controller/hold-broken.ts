import { FIELD_MANAGER } from "../api/metadata.ts";
import { isNotFound } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { deployments } from "../kube/resources.ts";
import { pausePatch } from "../workload/hold.ts";
import { patchOwn } from "./patch-own.ts";
import type { Context } from "./context.ts";

/**
 * Pauses a Deployment again that must not roll and was resumed by somebody else, and tells who it was (machine rule 2): asked for before
 * the pause, which takes the field over. Told once for each breaking, since the Event is named by the
 * Deployment's generation. Gives true when something was written.
 */
export async function mendHold(context: Context, about: KubeObject, own: KubeObject): Promise<boolean> {
  const operations = pausePatch(own);
  if (operations.length === 0) return false;
  const who = await whoWrote(context, own).catch(() => "somebody");
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

/**
 * The field manager that says `paused` now, as a tool that applies `paused: false` does. A resume takes the field away, and nobody is
 * named then: the newest of the other managers need not be the one. Caches keep no managers, so they are asked for.
 */
async function whoWrote(context: Context, own: KubeObject): Promise<string> {
  const { namespace = "", name } = own.metadata;
  const live = await context.api.get(deployments, { namespace, name }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const says = (live?.metadata.managedFields ?? []).find(({ manager, fieldsV1 }) => {
    const spec = (fieldsV1 as { "f:spec"?: object } | undefined)?.["f:spec"];
    return manager !== FIELD_MANAGER && spec !== undefined && "f:paused" in spec;
  });
  return says?.manager ?? "somebody (a resume leaves no name; the API server's audit log has it)";
}
