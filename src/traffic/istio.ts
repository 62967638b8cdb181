import type { AsFound, Pinned, PinnedRoute, RouteAsFound } from "../api/run.ts";
import type { JsonPatchOperation, KubeObject } from "../kube/port.ts";
import { isForService, labelOperations, newRule, restoreRule, subsetLabels } from "./destination-rule.ts";
import { exposedRoutes, httpRoutes, managedRoutes, type HttpRoute } from "./http-routes.ts";
import { hostOf, namedSubsets, ruleHost } from "./select.ts";
import type { Labels, ObjectPatch, RoutingObjects, RoutingProblem, RoutingState } from "./types.ts";
import { lowerOperations, restoreOperations, weightOperations } from "./virtual-service.ts";
import { ifUnchanged } from "../unchanged.ts";
import { lastWriter, subsetsWriter, withdrawnAt } from "./writers.ts";

interface Pair {
  pin: PinnedRoute;
  object: KubeObject | undefined;
}

function pairs(pinned: Pinned, objects: RoutingObjects): Pair[] {
  return pinned.istio.virtualServices.map((pin, index) => ({ pin, object: objects.virtualServices[index] }));
}

function hostOfRun(pinned: Pinned, objects: RoutingObjects): string {
  return hostOf(pinned.service.name, objects.namespace);
}

/** What the routing objects say now. */
export function readRouting(pinned: Pinned, objects: RoutingObjects): RoutingState {
  const host = hostOfRun(pinned, objects);
  const { subsets } = pinned.istio;
  const problems: RoutingProblem[] = [];
  const managed: HttpRoute[] = [];
  const exposed: HttpRoute[] = [];
  for (const { pin, object } of pairs(pinned, objects)) {
    const where = `VirtualService ${pin.namespace}/${pin.name}`;
    if (object === undefined) {
      problems.push({ kind: "missing", message: `${where} does not exist.` });
      continue;
    }
    if (object.metadata.uid !== pin.uid) {
      problems.push({ kind: "missing", message: `${where} was deleted and made anew since the run began.` });
    }
    const found = managedRoutes(object, pin, host, subsets);
    problems.push(...found.problems);
    managed.push(...found.routes);
    exposed.push(...exposedRoutes(object, pin, host, subsets));
  }
  const rule = objects.destinationRule;
  const ours = rule !== undefined && isForService(rule, pinned, objects.namespace) ? rule : undefined;
  if (rule !== undefined && ours === undefined) {
    const { name, namespace } = rule.metadata;
    problems.push({
      kind: "foreign",
      message: `DestinationRule ${namespace}/${name} is for ${ruleHost(rule)}, not for ${host}.`,
    });
  }
  const splits = managed.filter((route) => route.form === "split").length;
  const weights = managed.map((route) => route.canaryPercent);
  return {
    problems,
    form: splits === 0 ? "plain" : splits === managed.length ? "split" : "mixed",
    maxWeight: Math.max(0, ...weights, ...exposed.map((route) => route.canaryPercent)),
    minWeight: weights.length === 0 ? 0 : Math.min(...weights),
    stable: subsetLabels(ours, subsets.stable),
    canary: subsetLabels(ours, subsets.canary),
    ruleExists: rule !== undefined,
    writers: pairs(pinned, objects).map(({ object }) => lastWriter(object)),
    ruleWriter: subsetsWriter(ours),
    withdrawnAt: withdrawnAt(objects.virtualServices),
  };
}

/** What `restoreRoutePatches` and `restoreRulePatches` will need; to be persisted before the first write. */
export function recordAsFound(pinned: Pinned, objects: RoutingObjects): Pick<AsFound, "routes" | "rule"> {
  const { subsets } = pinned.istio;
  const routes = pairs(pinned, objects).flatMap(({ pin, object }) => {
    if (object === undefined) return [];
    return managedRoutes(object, pin, hostOfRun(pinned, objects), subsets).routes.map((route): RouteAsFound => {
      return {
        namespace: pin.namespace,
        name: pin.name,
        route: route.name ?? String(route.index),
        form: route.form === "plain" ? "plain" : "split",
        destinations: JSON.stringify(route.destinations.map((each) => each.written)),
        weight: route.canaryPercent,
      };
    });
  });
  const stable = subsetLabels(objects.destinationRule, subsets.stable);
  const canary = subsetLabels(objects.destinationRule, subsets.canary);
  return {
    routes,
    rule: {
      existed: objects.destinationRule !== undefined,
      ...(stable === undefined ? {} : { stable: { ...stable } }),
      ...(canary === undefined ? {} : { canary: { ...canary } }),
    },
  };
}

/**
 * Brings every managed route to split form with `percent` for the canary; [] when that is so. Up or down: for a way down that nothing
 * may stop use `lowerPatches`. Objects that were made anew and routes with problems are left alone.
 */
export function weightPatches(pinned: Pinned, objects: RoutingObjects, percent: number): ObjectPatch[] {
  const { subsets } = pinned.istio;
  return eachService(pinned, objects, (object, pin, host) => {
    if (object.metadata.uid !== pin.uid) return [];
    const changes = managedRoutes(object, pin, host, subsets).routes.flatMap((route) =>
      weightOperations(route, percent, subsets),
    );
    return ifUnchanged(object, changes);
  });
}

/**
 * Lowers every route that gives the canary more than `percent`; never adds a destination, and goes by nothing but what the routes say:
 * objects made anew, routes renamed or rearranged and broken rules do not stop it.
 */
export function lowerPatches(pinned: Pinned, objects: RoutingObjects, percent: number): ObjectPatch[] {
  const { subsets } = pinned.istio;
  const rule = objects.destinationRule;
  const stableDefined =
    rule !== undefined &&
    isForService(rule, pinned, objects.namespace) &&
    subsetLabels(rule, subsets.stable) !== undefined;
  return eachService(pinned, objects, (object, pin, host) => {
    const changes = exposedRoutes(object, pin, host, subsets).flatMap((route) =>
      lowerOperations(route, percent, subsets, stableDefined),
    );
    // What takes everybody away may be written over anything. A share may not: somebody else may have gone lower meanwhile.
    return percent === 0 ? changes : ifUnchanged(object, changes);
  });
}

/**
 * Gives the subsets these labels ({}: all of the Service's pods), both in one write; makes the rule or the subsets when they are
 * absent, and leaves a rule for another host alone.
 */
export function labelPatches(
  pinned: Pinned,
  objects: RoutingObjects,
  labels: { stable?: Labels | undefined; canary?: Labels | undefined },
): ObjectPatch[] {
  const { subsets } = pinned.istio;
  const wanted: [string, Labels][] = [];
  if (labels.stable !== undefined) wanted.push([subsets.stable, labels.stable]);
  if (labels.canary !== undefined) wanted.push([subsets.canary, labels.canary]);
  const rule = objects.destinationRule;
  if (wanted.length === 0) return [];
  if (rule === undefined) {
    return [{ kind: "create", resource: "DestinationRule", object: newRule(pinned, objects.namespace, wanted) }];
  }
  if (!isForService(rule, pinned, objects.namespace)) return [];
  const operations = labelOperations(rule, wanted);
  const { name, namespace = "" } = rule.metadata;
  return operations.length === 0 ? [] : [{ kind: "patch", resource: "DestinationRule", namespace, name, operations }];
}

/** Puts the routes back as recorded, where they still are in split form; what others edited meanwhile stays. */
export function restoreRoutePatches(
  pinned: Pinned,
  objects: RoutingObjects,
  asFound: Pick<AsFound, "routes">,
): ObjectPatch[] {
  const { subsets } = pinned.istio;
  return eachService(pinned, objects, (object, pin, host) => {
    const recorded = asFound.routes.filter((each) => each.namespace === pin.namespace && each.name === pin.name);
    const splits = httpRoutes(object, host, subsets).filter((route) => route.form === "split");
    const byName = new Map(recorded.map((each) => [each, splits.filter((route) => keyOf(route) === each.route)]));
    const claimed = [...byName.values()].flat();
    const changes = recorded.flatMap((each) => {
      const named = byName.get(each) ?? [];
      // A route that was renamed or moved: when only one is left that it can be, it is that one.
      const candidates = named.length > 0 ? named : splits.filter((route) => !claimed.includes(route));
      const [route, ...others] = candidates;
      return route === undefined || others.length > 0 ? [] : restoreOperations(route, each, subsets);
    });
    return ifUnchanged(object, changes);
  });
}

function keyOf(route: HttpRoute): string {
  return route.name ?? String(route.index);
}

/** Puts the rule back as recorded; [] when there is nothing to do. A rule that is gone stays gone. */
export function restoreRulePatches(
  pinned: Pinned,
  objects: RoutingObjects,
  asFound: Pick<AsFound, "rule">,
): ObjectPatch[] {
  const rule = objects.destinationRule;
  if (rule === undefined || !isForService(rule, pinned, objects.namespace)) return [];
  const named = namedSubsets(objects.virtualServices, hostOfRun(pinned, objects));
  const patch = restoreRule(pinned, rule, asFound.rule, named);
  return patch === undefined ? [] : [patch];
}

function eachService(
  pinned: Pinned,
  objects: RoutingObjects,
  operationsFor: (object: KubeObject, pin: PinnedRoute, host: string) => JsonPatchOperation[],
): ObjectPatch[] {
  const host = hostOfRun(pinned, objects);
  return pairs(pinned, objects).flatMap(({ pin, object }): ObjectPatch[] => {
    const operations = object === undefined ? [] : operationsFor(object, pin, host);
    if (operations.length === 0) return [];
    return [{ kind: "patch", resource: "VirtualService", namespace: pin.namespace, name: pin.name, operations }];
  });
}
