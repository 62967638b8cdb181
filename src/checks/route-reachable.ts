import { defineCheck, type Problem } from "./define.ts";
import { foundRoutes } from "./managed-routes.ts";
import { asRecord, asRecords, asText, at, type Raw } from "./raw.ts";

export const routeReachable = defineCheck(
  {
    id: "route-reachable",
    number: 3,
    title: "No route before the managed one takes its requests.",
    severity: "fail",
    reason:
      "Istio goes by the first route that fits. A managed route behind one that fits as well gets no request (IST0130): the weights would do nothing, and the candidate would be judged on no traffic.",
    remedy: "Move the managed route before the one that takes its requests, or give that one a narrower match.",
  },
  ({ rollout, virtualServices }) =>
    foundRoutes(rollout, virtualServices).flatMap(({ key, virtualService, route }): Problem[] => {
      const http = asRecords(at(virtualService, "spec", "http"));
      const own = matchesOf(http[route.index] ?? {});
      const before = http.slice(0, route.index).findIndex((each) => covers(matchesOf(each), own));
      if (before < 0) return [];
      const name = asText(http[before]?.["name"]);
      const taker = `spec.http[${before}]${name === undefined ? "" : ` "${name}"`}`;
      return [
        {
          message: `VirtualService ${key} ${route.label} gets no request: ${taker} comes before it and takes everything that it matches.`,
          place: { kind: "VirtualService", key, path: `spec.http[${before}]` },
        },
      ];
    }),
);

/** A route without `match` takes everything, as one with a match that asks for nothing does. */
function matchesOf(route: Raw): readonly Raw[] {
  const all = asRecords(route["match"]);
  return all.length === 0 ? [{}] : all;
}

/** Every request that `later` would take, `earlier` takes: surely so, other cases are not told. */
function covers(earlier: readonly Raw[], later: readonly Raw[]): boolean {
  return later.every((wanted) => earlier.some((taken) => takesAll(taken) || text(taken) === text(wanted)));
}

function takesAll(match: Raw): boolean {
  const asked = Object.entries(match).filter(([field]) => field !== "name");
  return asked.every(([field, value]) => field === "uri" && asRecord(value)["prefix"] === "/");
}

function text(match: Raw): string {
  const asked = Object.entries(match).filter(([field]) => field !== "name");
  return JSON.stringify(asked.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
