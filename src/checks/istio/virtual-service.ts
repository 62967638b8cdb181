import { z } from "zod";
import type { Violation } from "../../api/rule.ts";
import { also, destination, exportToProblems, count, labels, problem, texts, textThat, uint32 } from "./fields.ts";
import { gatewayNames } from "./gateway-names.ts";
import { isClaim } from "./http-headers.ts";
import { type HttpRouteFields, httpRoute, weightsProblems } from "./http-route.ts";
import { hostsOverlap, isAddress, isAddressRange, isCoveredBy, isHost } from "./names.ts";

/** https://istio.io/latest/docs/reference/config/networking/virtual-service/ */

const subnets = z.array(textThat(isAddressRange, "an address or a range of them, such as 10.0.0.0/8"));
const where = {
  destinationSubnets: subnets.optional(),
  gateways: gatewayNames.optional(),
  // 0 is none.
  port: uint32.max(65535).optional(),
  sourceLabels: labels.optional(),
  sourceNamespace: z.string().optional(),
};
const weighted = z.array(z.strictObject({ destination, weight: count.optional() })).min(1);

const tcpRoute = also(
  z.strictObject({
    match: z.array(z.strictObject({ ...where, sourceSubnet: z.string().optional() })).optional(),
    route: weighted,
  }),
  ({ route }) => weightsProblems(route),
);

const tlsRoute = also(
  z.strictObject({ match: z.array(z.strictObject({ ...where, sniHosts: texts.min(1) })).min(1), route: weighted }),
  ({ route }) => weightsProblems(route),
);

const fields = z.strictObject({
  hosts: texts.optional(),
  gateways: gatewayNames.optional(),
  http: z.array(httpRoute).optional(),
  tls: z.array(tlsRoute).optional(),
  tcp: z.array(tcpRoute).optional(),
  exportTo: texts.optional(),
});

type Fields = z.output<typeof fields>;

/** A VirtualService's spec in `namespace`. */
export function virtualServiceSpec(namespace: string): z.ZodType {
  return also(fields, (spec) => [
    ...hostProblems(spec),
    ...(isEmpty(spec.http) && isEmpty(spec.tls) && isEmpty(spec.tcp) ? [problem([], "expected http, tls or tcp")] : []),
    ...(isEmpty(spec.hosts) ? delegateProblems(spec) : []),
    ...(spec.http ?? []).flatMap((route, index) =>
      routeProblems(route, isEmpty(spec.hosts)).map(({ path, message }) => problem(["http", index, ...path], message)),
    ),
    ...(isOnGatewayOnly(spec) ? [] : claimProblems(spec)),
    ...sniProblems(spec),
    ...exportToProblems(namespace, spec.exportTo),
  ]);
}

function isEmpty(list: readonly unknown[] | undefined): boolean {
  return list === undefined || list.length === 0;
}

function isOnGatewayOnly({ gateways = [] }: Fields): boolean {
  return gateways.length > 0 && !gateways.includes("mesh");
}

function hostProblems(spec: Fields): Violation[] {
  const hosts = spec.hosts ?? [];
  const broken = hosts.flatMap((host, index): Violation[] => {
    const path = ["hosts", index];
    if (host === "*" && !isOnGatewayOnly(spec))
      return [problem(path, '"*" would take every request of the mesh: name the hosts, or bind to a Gateway only')];
    // For TLS between clusters names are made of the port and the service.
    const isMade = isOnGatewayOnly(spec) && !isEmpty(spec.tls) && host.startsWith("outbound_");
    if (isMade || isHost(host) || isAddress(host)) return [];
    return [problem(path, `expected a host, such as "checkout" or "*.example.com", got ${JSON.stringify(host)}`)];
  });
  if (broken.length > 0) return broken;
  return hosts.flatMap((host, index) => {
    const first = hosts.findIndex((other) => hostsOverlap(host, other));
    return first < index
      ? [problem(["hosts", index], `${host} overlaps with ${hosts[first] ?? ""}: name it once`)]
      : [];
  });
}

/** Without hosts it is for others to delegate to. */
function delegateProblems({ gateways, tls, tcp }: Fields): Violation[] {
  const given = Object.entries({ gateways, tls, tcp }).filter(([, list]) => !isEmpty(list));
  return given.map(([field]) =>
    problem([field], `a VirtualService without hosts is a delegate, which has no ${field}`),
  );
}

function routeProblems(route: HttpRouteFields, isDelegate: boolean): Violation[] {
  if (!isDelegate && route.delegate !== undefined)
    return (["redirect", "route"] as const)
      .filter((field) => route[field] !== undefined)
      .map((field) => problem([field], `the delegate has the routes: leave ${field} out beside delegate`));
  return [
    ...(route.delegate === undefined ? [] : [problem(["delegate"], "a delegate cannot delegate further")]),
    ...answerProblems(route),
    ...weightsProblems(route.route),
    ...authorityProblems(route),
    ...(route.mirror !== undefined && !isEmpty(route.mirrors)
      ? [problem(["mirrors"], "expected one of mirror and mirrors")]
      : []),
  ];
}

/** Exactly one of route, redirect and directResponse, and nothing beside a redirect that needs a destination. */
function answerProblems(route: HttpRouteFields): Violation[] {
  const answer =
    route.redirect !== undefined ? "redirect" : route.directResponse !== undefined ? "directResponse" : undefined;
  if (answer === undefined)
    return isEmpty(route.route) ? [problem([], "expected route, redirect or directResponse")] : [];
  const beside = (["route", "fault", "rewrite", "directResponse"] as const).filter(
    (field) =>
      field !== answer && route[field] !== undefined && !(Array.isArray(route[field]) && isEmpty(route[field])),
  );
  return beside.map((field) => problem([field], `leave ${field} out beside ${answer}, or the other way round`));
}

/** The authority is set in one place. */
function authorityProblems({ rewrite, headers }: HttpRouteFields): Violation[] {
  const isAuthority = (name: string) => /^(:authority|host)$/i.test(name);
  const set = (field: "set" | "add") =>
    Object.entries(headers?.request?.[field] ?? {})
      .filter(([name, value]) => isAuthority(name) && value !== "")
      .map(([name]) => ["headers", "request", field, name]);
  const places = [
    ...((rewrite?.authority ?? "") === "" ? [] : [["rewrite", "authority"]]),
    ...set("set"),
    ...set("add"),
  ];
  return places.slice(1).map((path) => problem(path, `the authority is set by ${(places[0] ?? []).join(".")} already`));
}

/** Only a Gateway has checked the token when it routes. */
function claimProblems({ http = [] }: Fields): Violation[] {
  return http.flatMap(({ match = [] }, routeIndex) =>
    match.flatMap((each, index) =>
      (["headers", "withoutHeaders"] as const).flatMap((field) =>
        Object.keys(each[field] ?? {})
          .filter(isClaim)
          .map((name) =>
            problem(["http", routeIndex, "match", index, field, name], "claims can be matched on a Gateway only"),
          ),
      ),
    ),
  );
}

function sniProblems({ tls = [], hosts = [] }: Fields): Violation[] {
  return tls.flatMap(({ match }, routeIndex) =>
    match.flatMap(({ sniHosts }, index) =>
      sniHosts.flatMap((sni, sniIndex) => {
        if (
          isAddress(sni) ||
          sni.startsWith("outbound_") ||
          (isHost(sni) && hosts.some((host) => isCoveredBy(sni, host)))
        )
          return [];
        const path = ["tls", routeIndex, "match", index, "sniHosts", sniIndex];
        return [problem(path, `expected a host that spec.hosts has, got ${JSON.stringify(sni)}`)];
      }),
    ),
  );
}
