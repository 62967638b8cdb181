import { FIELD_MANAGER, FIELD_MANAGER_WITHDRAW } from "../api/metadata.ts";
import type { AsFound, Pinned } from "../api/run.ts";
import type { Desired } from "../engine/desired.ts";
import { ApiError, isDenied, isNotFound } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import {
  labelPatches,
  lowerPatches,
  restoreRoutePatches,
  restoreRulePatches,
  weightPatches,
} from "../traffic/istio.ts";
import type { ObjectPatch, RoutingObjects } from "../traffic/types.ts";
import type { Context } from "./context.ts";
import { pinnedObjects } from "./routing-objects.ts";

type Plan = (objects: RoutingObjects) => ObjectPatch[];

/** What to do when an object turns out not to be as the cache had it. */
type WhenLost = "readLive" | "nextPass";

/**
 * Takes users away from the candidate, first thing in every pass. In the middle of the swap `stable` may name the candidate already:
 * then it gets its own pods back as well, while it has no users yet. When a test in the patch fails, the live objects are read and
 * the patch is made again from them, in the same pass; one object that cannot be written does not keep the others from it.
 */
export async function lowerWeight(
  context: Context,
  namespace: string,
  pinned: Pinned,
  objects: RoutingObjects,
  desired: Pick<Desired, "atMost" | "withdraw">,
  labels?: Desired["labels"],
): Promise<boolean> {
  const plan: Plan = (now) => [
    ...(labels === undefined ? [] : labelPatches(pinned, now, labels)),
    ...lowerPatches(pinned, now, desired.atMost),
  ];
  return write(context, plan, objects, {
    namespace,
    pinned,
    whenLost: "readLive",
    manager: desired.withdraw ? FIELD_MANAGER_WITHDRAW : FIELD_MANAGER,
  });
}

/** Labels of the subsets, then the routes. What it writes may expose more: only after this process has persisted the state. */
export async function arrangeTraffic(
  context: Context,
  namespace: string,
  pinned: Pinned,
  asFound: AsFound | undefined,
  objects: RoutingObjects,
  desired: Pick<Desired, "labels" | "weight" | "restore">,
): Promise<{ labels: boolean; routes: boolean }> {
  const { labels, weight, restore } = desired;
  const send = (plan: Plan, whenLost: WhenLost) =>
    write(context, plan, objects, { namespace, pinned, manager: FIELD_MANAGER, whenLost });
  const wroteLabels = labels !== undefined && (await send((now) => labelPatches(pinned, now, labels), "readLive"));
  // A weight that somebody lowered in this very moment must not be raised by a second try: the next pass decides.
  const wroteWeight = weight !== undefined && (await send((now) => weightPatches(pinned, now, weight), "nextPass"));
  if (restore === undefined || asFound === undefined) return { labels: wroteLabels, routes: wroteWeight };
  const plan: Plan = (now) =>
    restore === "routes" ? restoreRoutePatches(pinned, now, asFound) : restoreRulePatches(pinned, now, asFound);
  return { labels: wroteLabels, routes: (await send(plan, "readLive")) || wroteWeight };
}

async function write(
  context: Context,
  plan: Plan,
  cached: RoutingObjects,
  how: { namespace: string; pinned: Pinned; whenLost: WhenLost; manager: string },
): Promise<boolean> {
  const patches = plan(cached);
  if (patches.length === 0) return false;
  const failures = await sendEach(context, patches, how.manager);
  if (failures.length === 0) return true;
  const lost = failures.every(
    (error) =>
      error instanceof ApiError && !isDenied(error) && (error.code === 409 || error.code === 422 || error.code === 404),
  );
  context.log.info({ err: failures[0], whenLost: how.whenLost }, "a routing object was not as the cache had it");
  if (how.whenLost === "nextPass") {
    if (lost) return true;
    throw failures[0];
  }
  const again = await sendEach(context, plan(await liveObjects(context, how.namespace, how.pinned)), how.manager);
  if (again.length > 0) throw again[0];
  return true;
}

/** Sends every patch, whatever becomes of the others. */
async function sendEach(context: Context, patches: readonly ObjectPatch[], manager: string): Promise<unknown[]> {
  const results = await Promise.allSettled(patches.map((patch) => send(context, patch, manager)));
  return results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
}

async function send(context: Context, patch: ObjectPatch, fieldManager: string): Promise<void> {
  const { api, istio, log } = context;
  const resource = patch.resource === "VirtualService" ? istio.virtualServices : istio.destinationRules;
  if (patch.kind === "create") {
    await api.create(resource, patch.object, { fieldManager });
    log.info({ kind: patch.resource, name: patch.object.metadata.name }, "routing object made");
    return;
  }
  const ref = { namespace: patch.namespace, name: patch.name };
  if (patch.kind === "delete") {
    const { uid, resourceVersion } = patch;
    await api.delete(resource, ref, { preconditions: { uid, resourceVersion } }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    log.info({ kind: patch.resource, ...ref }, "routing object that was made for the run removed");
    return;
  }
  await api.patch(resource, ref, { type: "json", operations: patch.operations }, { fieldManager });
  log.info(
    {
      kind: patch.resource,
      ...ref,
      manager: fieldManager,
      operations: patch.operations.filter((operation) => operation.op !== "test"),
    },
    "routing object patched",
  );
}

/** The pinned objects as the API server has them now, past every cache. */
async function liveObjects(context: Context, namespace: string, pinned: Pinned): Promise<RoutingObjects> {
  const { api, istio, caches } = context;
  const read = async (
    resource: typeof istio.virtualServices,
    ref: { namespace: string; name: string },
  ): Promise<KubeObject | undefined> => {
    try {
      const object = await api.get(resource, ref);
      caches.of(resource)?.put(object);
      return object;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      context.log.warn({ ...ref, err: error }, "a routing object could not be read live: going by the cache");
      return caches.of(resource)?.get(ref.namespace, ref.name);
    }
  };
  const before = pinnedObjects(caches, namespace, pinned);
  const { virtualServices, destinationRule } = pinned.istio;
  return {
    ...before,
    virtualServices: await Promise.all(virtualServices.map((route) => read(istio.virtualServices, route))),
    destinationRule: await read(istio.destinationRules, destinationRule),
  };
}
