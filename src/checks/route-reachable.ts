import { defineCheck, type Problem } from "./define.ts";
import { foundRoutes } from "./managed-routes.ts";
import { asRecord, asRecords, asText, asTexts, at, type Raw } from "./raw.ts";

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
  return later.every((wanted) => earlier.some((taken) => takesAllOf(taken, wanted)));
}

/** What `taken` asks for, `wanted` asks for as well, or for more. */
function takesAllOf(taken: Raw, wanted: Raw): boolean {
  return Object.entries(taken).every(([field, value]) => {
    switch (field) {
      case "name":
      case "statPrefix":
      case "ignoreUriCase":
        return true;
      case "uri":
        return pathWithin(asRecord(wanted["uri"]), asRecord(value), taken["ignoreUriCase"] === wanted["ignoreUriCase"]);
      case "gateways":
        return (
          asTexts(wanted[field]).length > 0 && asTexts(wanted[field]).every((each) => asTexts(value).includes(each))
        );
      case "headers":
      case "withoutHeaders":
      case "queryParams":
      case "sourceLabels":
        return Object.entries(asRecord(value)).every(([name, each]) => same(asRecord(wanted[field])[name], each));
      default:
        return same(wanted[field], value);
    }
  });
}

function pathWithin(wanted: Raw, taken: Raw, sameCase: boolean): boolean {
  if (taken["prefix"] === "/" || taken["prefix"] === "") return true;
  if (!sameCase) return false;
  const prefix = asText(taken["prefix"]);
  const path = asText(wanted["exact"]) ?? asText(wanted["prefix"]);
  return prefix === undefined ? same(wanted, taken) : path?.startsWith(prefix) === true;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
