import type { RolloutSpec } from "../api/rollout.ts";
import type { Pinned } from "../api/run.ts";
import type { KubeObject } from "../kube/port.ts";
import type { RoutingObjects } from "../traffic/types.ts";
import type { Context } from "./context.ts";
import { pinnedObjects, resolvePinned } from "./routing-objects.ts";

/**
 * What a spec names, with no run that pins it: for what is put right at rest. undefined where it cannot be found, or where the rule's
 * cache is older than this process's own last write to it.
 */
export function routingAtRest(
  { caches, istio, ownWrites }: Context,
  namespace: string,
  spec: RolloutSpec,
  own: KubeObject,
): { pinned: Pinned; objects: RoutingObjects } | undefined {
  const resolved = resolvePinned(caches, istio.apiVersion, own, namespace, spec, 0);
  if (!resolved.ok) return undefined;
  const { pinned } = resolved;
  if (ownWrites.isStaleIn(caches.destinationRules, pinned.istio.destinationRule)) return undefined;
  return { pinned, objects: pinnedObjects(caches, namespace, pinned) };
}
