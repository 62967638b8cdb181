import { API_VERSION, FINALIZER } from "../api/metadata.ts";
import { isFinal } from "../api/phase.ts";
import { rfc3339 } from "../engine/memory.ts";
import { isNotFound } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import type { Context } from "./context.ts";
import { runsOf } from "./read.ts";
import { heldDeployments } from "./release.ts";
import { rollouts } from "./resources.ts";

/**
 * Stands for a Rollout that is gone without a release, because somebody took its finalizer off, while a run or a held Deployment of it is
 * left: it counts as being deleted, and has no resourceVersion (`isGone`). Undefined where nothing is left, or where the cache only
 * has not heard of the Rollout yet. Throws what the API server answers but 404.
 */
export async function standInFor(context: Context, namespace: string, name: string): Promise<KubeObject | undefined> {
  // A mark of no name.
  if (name === "") return undefined;
  const standIn: KubeObject = {
    apiVersion: API_VERSION,
    kind: rollouts.kind,
    metadata: { namespace, name, deletionTimestamp: rfc3339(context.clock.now()) },
  };
  const isLeft =
    heldDeployments(context, namespace, name).length > 0 ||
    runsOf(context.caches, context.log, standIn).some(
      ({ object, status }) => !isFinal(status.phase) || object.metadata.finalizers?.includes(FINALIZER) === true,
    );
  if (!isLeft) return undefined;
  try {
    context.caches.rollouts.put(await context.api.get(rollouts, { namespace, name }));
    return undefined;
  } catch (error) {
    if (isNotFound(error)) return standIn;
    throw error;
  }
}
