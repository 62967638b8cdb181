import type { RouteAsFound } from "../api/run.ts";
import type { JsonPatchOperation } from "../kube/port.ts";
import type { Destination, HttpRoute, Subsets, WrittenDestination } from "./http-routes.ts";
import { splitWeights } from "./weights.ts";

// Weights are written with "add", which replaces a member that is there and needs none to be: whether a weight of 0 is written out
// differs between writers and is no reason for a patch to fail.

function routePath(route: HttpRoute): string {
  return `/spec/http/${route.index}/route`;
}

function weightOperation(route: HttpRoute, at: number, weight: number): JsonPatchOperation {
  return { op: "add", path: `${routePath(route)}/${at}/weight`, value: weight };
}

/** Fails unless this destination still is what it was, in this place; its weight and all else may have changed. */
function testDestination(route: HttpRoute, { index, written }: Destination): JsonPatchOperation[] {
  const path = `${routePath(route)}/${index}/destination`;
  const host: JsonPatchOperation = { op: "test", path: `${path}/host`, value: written.destination?.host ?? "" };
  const subset = written.destination?.subset;
  return subset === undefined ? [host] : [host, { op: "test", path: `${path}/subset`, value: subset }];
}

/**
 * Brings a plain or split route to split form with `percent` for the canary. To be sent with a test on the object's resourceVersion:
 * a weight that somebody lowered meanwhile must not be raised again by a patch that was made before.
 */
export function weightOperations(route: HttpRoute, percent: number, subsets: Subsets): JsonPatchOperation[] {
  const weights = splitWeights(percent);
  const path = routePath(route);
  const [first] = route.destinations;
  if (first === undefined || route.form === "foreign") return [];
  const tests = route.destinations.flatMap((each) => testDestination(route, each));
  if (route.form === "plain") {
    const canary = {
      ...first.written,
      destination: { ...first.written.destination, subset: subsets.canary },
      weight: weights.canary,
    };
    return [
      ...tests,
      { op: "add", path: `${path}/0/destination/subset`, value: subsets.stable },
      weightOperation(route, 0, weights.stable),
      { op: "add", path: `${path}/1`, value: canary },
    ];
  }
  if (isAt(route, percent)) return [];
  const changes = route.destinations.flatMap((each) => {
    const weight = each.role === "canary" ? weights.canary : weights.stable;
    return each.written.weight === weight ? [] : [weightOperation(route, each.index, weight)];
  });
  return [...tests, ...changes];
}

/** Whether the split is in force as written, in whatever numbers: 900 to 100 is 10 %. */
function isAt(route: HttpRoute, percent: number): boolean {
  const total = route.destinations.reduce((sum, each) => sum + (each.written.weight ?? 0), 0);
  return total > 0 && Math.abs(route.canaryPercent - percent) < 1e-4;
}

/**
 * Lowers the canary's share to at most `percent`, in whatever state the route is otherwise: what it loses goes to stable, else to the
 * whole Service, else to the others. Where weights cannot say it, since one destination alone gets everything, the destination is
 * pointed at stable, if `stableDefined`. Only the destinations that it touches are tested.
 */
export function lowerOperations(
  route: HttpRoute,
  percent: number,
  subsets: Subsets,
  stableDefined: boolean,
): JsonPatchOperation[] {
  if (route.canaryPercent <= percent + 1e-4) return [];
  const canaries = route.destinations.filter((each) => each.role === "canary");
  const receiver =
    route.destinations.find((each) => each.role === "stable") ??
    route.destinations.find((each) => each.role === "whole");
  const total = route.destinations.reduce((sum, each) => sum + (each.written.weight ?? 0), 0);
  const lost = canaries.reduce((sum, each) => sum + (each.written.weight ?? 0), 0);
  if (receiver === undefined && (route.destinations.length === 1 || total === lost)) {
    if (!stableDefined) return [];
    return [
      ...canaries.flatMap((each) => testDestination(route, each)),
      ...canaries.map(({ index }): JsonPatchOperation => {
        return { op: "replace", path: `${routePath(route)}/${index}/destination/subset`, value: subsets.stable };
      }),
    ];
  }
  const touched = receiver === undefined ? canaries : [receiver, ...canaries];
  const tests = touched.flatMap((each) => testDestination(route, each));
  if (route.form === "split") {
    const weights = splitWeights(percent);
    return [
      ...tests,
      ...touched.map((each) =>
        weightOperation(route, each.index, each.role === "canary" ? weights.canary : weights.stable),
      ),
    ];
  }
  // Without a receiver the rest would have to be scaled up to leave the canary anything: it gets nothing.
  const left = receiver === undefined ? 0 : Math.floor((total * percent) / 100);
  const changes = canaries.map((each, at) => weightOperation(route, each.index, at === 0 ? left : 0));
  if (receiver !== undefined)
    changes.push(weightOperation(route, receiver.index, (receiver.written.weight ?? 0) + lost - left));
  return [...tests, ...changes];
}

/**
 * Puts a route back as it was recorded. Only a route in split form is touched, since that is what we write; of it only the subset of
 * the stable destination, the canary destination and the weights, so that whatever else was edited meanwhile stays.
 */
export function restoreOperations(route: HttpRoute, asFound: RouteAsFound, subsets: Subsets): JsonPatchOperation[] {
  const stable = route.destinations.find((each) => each.role === "stable");
  const canary = route.destinations.find((each) => each.role === "canary");
  if (route.form !== "split" || stable === undefined || canary === undefined) return [];
  const recorded = recordedDestinations(asFound);
  const tests = [...testDestination(route, stable), ...testDestination(route, canary)];
  if (asFound.form === "plain") {
    return [
      ...tests,
      { op: "remove", path: `${routePath(route)}/${stable.index}/destination/subset` },
      ...weightAsFound(route, stable, recorded[0]?.weight),
      // Last, since it moves the places of those after it.
      { op: "remove", path: `${routePath(route)}/${canary.index}` },
    ];
  }
  const weightOf = (subset: string) => recorded.find((each) => each.destination?.subset === subset)?.weight;
  const changes = [
    ...weightAsFound(route, stable, weightOf(subsets.stable)),
    ...weightAsFound(route, canary, weightOf(subsets.canary)),
  ];
  return changes.length === 0 ? [] : [...tests, ...changes];
}

function weightAsFound(
  route: HttpRoute,
  { index, written }: Destination,
  weight: number | undefined,
): JsonPatchOperation[] {
  if (written.weight === weight) return [];
  if (weight === undefined) return [{ op: "remove", path: `${routePath(route)}/${index}/weight` }];
  return [weightOperation(route, index, weight)];
}

function recordedDestinations(asFound: RouteAsFound): WrittenDestination[] {
  return JSON.parse(asFound.destinations) as WrittenDestination[];
}
