import type { KubeObject } from "../kube/port.ts";
import { objectKey } from "../kube/resources.ts";
import { mendTemplatePatch } from "../workload/twin.ts";
import { BY_OWNER } from "./caches.ts";
import type { Context } from "./context.ts";
import { writerOf } from "./field-writer.ts";
import { templateOf, type ReadRun } from "./observe.ts";
import { patchOwn } from "./patch-own.ts";

/** A tool that edits it again and again is not noted each time. */
const AGAIN_MS = 600_000;

/**
 * Puts the template of a twin back that somebody edited, and tells who it was. The deployment controller rolls to an edited template
 * at once: written back within its first seconds, no pod of it becomes ready. Noted in the record of `run`, the newest. Gives true
 * when something was written.
 */
export async function mendTwin(
  context: Context,
  about: KubeObject,
  twin: KubeObject | undefined,
  revision: string,
  run: ReadRun | undefined,
): Promise<boolean> {
  const template = twin === undefined ? undefined : templateOf(context.caches, twin.metadata.namespace ?? "", revision);
  if (twin === undefined || template === undefined || twin.metadata.deletionTimestamp !== undefined) return false;
  const replicaSets = context.caches.replicaSets.byIndex(BY_OWNER, objectKey(twin.metadata));
  const operations = mendTemplatePatch(twin, replicaSets, template);
  if (operations.length === 0) return false;
  const who = await writerOf(context, twin, "template").catch(() => undefined);
  const wrote = await patchOwn(context, twin, operations);
  const { name, generation = 0 } = twin.metadata;
  const message = `The pod template of Deployment ${name} was edited by ${who ?? "somebody"}: nobody has vetted that, so it is put back. To ship another version, change the template of your own Deployment`;
  const id = `${about.metadata.name}.twin-edited.${generation}`;
  context.events.tell(about, [{ id, type: "Warning", reason: "TwinEdited", message }]);
  if (run !== undefined) context.remarks.note(run, "twinEdited", message, AGAIN_MS);
  return wrote;
}
