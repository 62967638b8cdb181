import type { KubeObject } from "../../../../src/kube/port.ts";
import { below, beyond, both, drop, good, bad, type Mutation, refuses, set, setAt, takes } from "./mutation.ts";

const onGateway = set("gateways", ["istio-ingress/edge"]);
const asDelegate = drop("hosts");
const asRoot = both(drop("http[1].route"), set("http[1].delegate", { name: "checkout-routes" }));
const tlsRoute = (sniHosts: unknown) => [
  { match: [{ port: 443, sniHosts }], route: [{ destination: { host: "ledger" } }] },
];
const mainFirst = (object: KubeObject) => void (object as unknown as { spec: { http: unknown[] } }).spec.http.reverse();

const durations = [
  good("of an hour and a half", "1h30m"),
  good("with a fraction", "1.5s"),
  good("in milliseconds", "250ms"),
  bad("of nothing", "0s"),
  bad("below a millisecond", "500us"),
  bad("without a unit", "10"),
  bad("that is a number", 10),
  bad("that runs backwards", "-1s"),
  bad("in days", "1d"),
  bad("in words", "soon"),
];

const destinations = [
  good("short", { host: "ledger" }),
  good("full", { host: "ledger.shop.svc.cluster.local" }),
  good("without a subset", { host: "ledger", subset: "" }),
  bad("of everybody", { host: "*" }),
  bad("without a host", { subset: "stable" }),
  bad("with an empty host", { host: "" }),
  bad("with an underscore", { host: "led_ger" }),
  bad("with a scheme", { host: "http://ledger" }),
  bad("with its port in the host", { host: "ledger:8000" }),
  bad("with a number at the end", { host: "ledger.1" }),
  bad("with a subset that is no name", { host: "ledger", subset: "v1.2" }),
  bad("with port 0", { host: "ledger", port: { number: 0 } }),
  bad("with port 70000", { host: "ledger", port: { number: 70000 } }),
  bad("with a port by its name", { host: "ledger", port: { name: "http" } }),
  bad("with a port that is a number", { host: "ledger", port: 8000 }),
  bad("with a field that does not exist", { host: "ledger", weight: 10 }),
];

const hosts: Mutation[] = [
  takes("an older version of the API", setAt(["apiVersion"], "networking.istio.io/v1beta1")),
  takes("the oldest version of the API", setAt(["apiVersion"], "networking.istio.io/v1alpha3")),
  takes("a full host", set("hosts", ["checkout.shop.svc.cluster.local"])),
  takes("a wildcard in front", set("hosts", ["*.example.com"])),
  takes("an address for a host", set("hosts", ["10.0.0.7"])),
  takes("two hosts", set("hosts", ["checkout", "checkout.example.com"])),
  refuses("everybody's host on the mesh", set("hosts", ["*"])),
  takes("everybody's host on a Gateway", both(onGateway, set("hosts", ["*"]))),
  refuses(
    "everybody's host on a Gateway and the mesh",
    both(set("gateways", ["istio-ingress/edge", "mesh"]), set("hosts", ["*"])),
  ),
  refuses("a wildcard in the middle", set("hosts", ["shop.*.com"])),
  refuses("a host with a port", set("hosts", ["checkout:80"])),
  refuses("a host with a scheme", set("hosts", ["https://checkout.example.com"])),
  refuses("an empty host", set("hosts", [""])),
  refuses("a host that is 300 characters long", set("hosts", [`${"a.".repeat(150)}com`])),
  refuses("the same host twice", set("hosts", ["checkout", "checkout"])),
  refuses("a host and a wildcard that covers it", set("hosts", ["*.example.com", "shop.example.com"])),
  refuses("hosts that are text", set("hosts", "checkout")),
  takes("a delegate", asDelegate),
  refuses("a delegate with gateways", both(asDelegate, onGateway)),
  refuses("a delegate that delegates", both(asDelegate, asRoot), "route-exists"),
  refuses("a delegate with tcp", both(asDelegate, set("tcp", [{ route: [{ destination: { host: "ledger" } }] }]))),
  takes("a root that delegates", asRoot, "route-exists"),
  refuses("a root with a route of its own", set("http[1].delegate", { name: "checkout-routes" })),
  takes("a Gateway by namespace and name", set("gateways", ["istio-ingress/edge", "mesh"])),
  refuses("a Gateway with two slashes", set("gateways", ["a/b/c"])),
  refuses("a Gateway without its name", set("gateways", ["istio-ingress/"])),
  refuses("a Gateway with an underscore", set("gateways", ["edge_gateway"]), "gateway-coverage"),
  takes("exported to its namespace", set("exportTo", ["."])),
  refuses("exported to everybody and somebody", set("exportTo", ["*", "web"])),
  refuses("exported twice to its namespace", set("exportTo", [".", "shop"])),
  refuses("exported to nobody", set("exportTo", ["~"])),
  refuses("without any route", drop("http"), "route-exists"),
  refuses("with an empty list of routes", set("http", []), "route-exists"),
  refuses("a field that does not exist", set("host", "checkout")),
  refuses("a field spelt in another case", set("exportto", ["."])),
];

const routes: Mutation[] = [
  takes("the managed route first", mainFirst),
  takes("a name that two routes have", set("http[0].name", "main"), "route-exists"),
  refuses("no destination", drop("http[1].route"), "route-exists"),
  refuses("an empty route", set("http[1].route", []), "route-exists"),
  refuses("a negative weight", set("http[1].route[1].weight", -1), "weights-sane"),
  refuses("weights that add up to 0", set("http[1].route[0].weight", 0), "weights-sane"),
  takes("weights that add up to 110", set("http[1].route[1].weight", 10), "weights-sane"),
  refuses("a weight in quotes", set("http[1].route[0].weight", "100"), "weights-sane"),
  refuses("a weight with a fraction", set("http[1].route[0].weight", 99.5), "weights-sane"),
  refuses("a weight with a percent sign", set("http[1].route[0].weight", "100%"), "weights-sane"),
  refuses("a weight beside the wrong thing", set("http[1].route[0].destination.weight", 100)),
  takes(
    "a redirect",
    both(drop("http[1].route"), drop("http[1].retries"), set("http[1].redirect", { uri: "/elsewhere" })),
    "route-exists",
  ),
  refuses("a redirect beside a route", set("http[1].redirect", { uri: "/elsewhere" })),
  refuses(
    "a redirect to nowhere",
    both(drop("http[1].route"), set("http[1].redirect", { redirectCode: 301 })),
    "route-exists",
  ),
  refuses(
    "a redirect with status 200",
    both(drop("http[1].route"), set("http[1].redirect", { uri: "/", redirectCode: 200 })),
    "route-exists",
  ),
  refuses(
    "a redirect to ftp",
    both(drop("http[1].route"), set("http[1].redirect", { uri: "/", scheme: "ftp" })),
    "route-exists",
  ),
  refuses("a direct response beside a route", set("http[1].directResponse", { status: 200 })),
  refuses("a direct response with status 700", set("http[0].directResponse", { status: 700 })),
  refuses("a direct response without a status", set("http[0].directResponse", { body: { string: "ok" } })),
  refuses("a direct response with two bodies", set("http[0].directResponse.body", { string: "ok", bytes: "b2s=" })),
  takes("a rewritten path", set("http[1].rewrite", { uri: "/v2" })),
  refuses("a rewrite of nothing", set("http[1].rewrite", {})),
  refuses(
    "the authority set twice",
    both(
      set("http[1].rewrite", { authority: "a.com" }),
      setAt(["spec", "http", 1, "headers"], { request: { set: { host: "b.com" } } }),
    ),
  ),
  takes(
    "headers changed",
    set("http[1].headers", {
      request: { set: { "x-a": "1" }, remove: ["x-b"] },
      response: { add: { "x-c": "%REQ(x-d)%" } },
    }),
  ),
  refuses("the Host of an answer changed", set("http[1].headers", { response: { set: { host: "a.com" } } })),
  refuses("a pseudo-header taken away", set("http[1].headers", { request: { remove: [":path"] } })),
  beyond(
    "a percent sign that nothing ends",
    set("http[1].headers", { request: { set: { "x-a": "abc%" } } }),
    "values of headers",
  ),
];

const matches: Mutation[] = [
  takes("an empty match before the managed route", drop("http[0].match"), "route-reachable"),
  takes(
    "the same match before the managed route",
    set("http[0].match", [{ uri: { prefix: "/pay" }, headers: { "x-team": { exact: "shop" } } }]),
    "route-reachable",
  ),
  takes(
    "a wider prefix before the managed route",
    set("http[0].match", [{ uri: { prefix: "/pa" } }]),
    "route-reachable",
  ),
  takes(
    "a match of one header before the managed route",
    set("http[0].match", [{ headers: { "x-team": { exact: "shop" } } }]),
    "route-reachable",
  ),
  takes("a narrower match before the managed route", set("http[0].match", [{ uri: { prefix: "/pay/now" } }])),
  takes(
    "a match of another header before the managed route",
    set("http[0].match", [{ headers: { "x-b": { exact: "1" } } }]),
  ),
  takes(
    "a match by method and query",
    set("http[1].match[0]", { method: { exact: "POST" }, queryParams: { dry: { exact: "1" } } }),
  ),
  refuses("a match in two ways at once", set("http[1].match[0].uri", { prefix: "/pay", exact: "/pay" })),
  refuses("a match in a way that does not exist", set("http[1].match[0].uri", { suffix: "/pay" })),
  refuses("a path that is text", set("http[1].match[0].uri", "/pay")),
  takes("an empty prefix of a path", set("http[1].match[0].uri", { prefix: "" })),
  refuses("an empty prefix of a header", set("http[1].match[0].headers", { "x-team": { prefix: "" } })),
  refuses("an empty expression", set("http[1].match[0].uri", { regex: "" })),
  refuses("an expression of 2000 characters", set("http[1].match[0].uri", { regex: "a".repeat(2000) })),
  beyond(
    "an expression that looks ahead",
    set("http[1].match[0].uri", { regex: "(?=pay)" }),
    "the syntax of expressions",
  ),
  refuses("a header with a space", set("http[1].match[0].headers", { "x team": { exact: "shop" } })),
  takes("a pseudo-header", set("http[1].match[0].headers", { ":authority": { exact: "checkout" } })),
  takes("a header that must be absent", set("http[1].match[0].withoutHeaders", { "x-old": {} })),
  takes(
    "a header that must be absent, as an expression",
    set("http[1].match[0].withoutHeaders", { "x-old": { regex: "*" } }),
  ),
  refuses(
    "a long expression that must not fit",
    set("http[1].match[0].withoutHeaders", { "x-old": { regex: "a".repeat(2000) } }),
  ),
  refuses(
    "a claim of a token on the mesh",
    setAt(["spec", "http", 1, "match", 0, "headers", "@request.auth.claims.group"], { exact: "a" }),
  ),
  takes(
    "a claim of a token on a Gateway",
    both(onGateway, setAt(["spec", "http", 1, "match", 0, "headers", "@request.auth.claims.group"], { exact: "a" })),
  ),
  refuses("port 70000", set("http[1].match[0].port", 70000)),
  takes("labels of the caller", set("http[1].match[0].sourceLabels", { app: "frontend" })),
  refuses("labels that are none", set("http[1].match[0].sourceLabels", { "a b": "c" })),
  refuses("a namespace that is none", set("http[1].match[0].sourceNamespace", "a.b")),
  refuses("a match that is no list", set("http[1].match", { uri: { prefix: "/pay" } })),
];

const behaviour: Mutation[] = [
  takes("no retries", set("http[1].retries", { attempts: 0 })),
  refuses("retries switched off and described", set("http[1].retries.attempts", 0)),
  refuses("negative attempts", set("http[1].retries.attempts", -1)),
  refuses("a space in retryOn", set("http[1].retries.retryOn", "connect-failure, reset")),
  refuses("retryOn with a word that does not exist", set("http[1].retries.retryOn", "timeout")),
  takes("retryOn a status", set("http[1].retries.retryOn", "503,reset")),
  takes("retries of every failure", set("http[1].retries.retryOn", "5xx"), "retry-amplification"),
  takes("retries that do not fit into the timeout", set("http[1].timeout", "3s"), "retry-amplification"),
  takes("retries without a limit each", drop("http[1].retries.perTryTimeout"), "retry-amplification"),
  refuses("retries that are a number", set("http[1].retries", 3)),
  refuses("retries with a timeout of the route", set("http[1].retries.timeout", "3s")),
  takes("a delay for a tenth", set("http[1].fault", { delay: { fixedDelay: "2s", percentage: { value: 10 } } })),
  refuses("a fault without any", set("http[1].fault", {})),
  refuses("a delay for 150 percent", set("http[1].fault", { delay: { fixedDelay: "2s", percentage: { value: 150 } } })),
  refuses("a delay that grows", set("http[1].fault", { delay: { exponentialDelay: "2s" } })),
  refuses("a fault with status 99", set("http[1].fault", { abort: { httpStatus: 99 } })),
  refuses(
    "a fault with a status of gRPC that does not exist",
    set("http[1].fault", { abort: { grpcStatus: "BROKEN" } }),
  ),
  takes(
    "a mirror for a share",
    set("http[1].mirrors", [{ destination: { host: "shadow" }, percentage: { value: 5 } }]),
  ),
  takes("a mirror for everything", set("http[1].mirror", { host: "shadow" }), "mirror-safety"),
  takes(
    "a mirror to the very Service",
    both(set("http[1].mirror", { host: "checkout", subset: "stable" }), set("http[1].mirrorPercentage", { value: 5 })),
    "mirror-safety",
  ),
  refuses(
    "mirror and mirrors",
    both(set("http[1].mirror", { host: "shadow" }), set("http[1].mirrors", [{ destination: { host: "shadow" } }])),
    "mirror-safety",
  ),
  refuses(
    "a mirror for 120 percent",
    both(set("http[1].mirror", { host: "shadow" }), set("http[1].mirrorPercentage", { value: 120 })),
  ),
  refuses("mirrors without a destination", set("http[1].mirrors", [{ percentage: { value: 5 } }])),
  takes(
    "origins that may call",
    set("http[1].corsPolicy", { allowOrigins: [{ exact: "https://a.com" }], allowMethods: ["GET"], maxAge: "24h" }),
  ),
  refuses("an origin that is text", set("http[1].corsPolicy", { allowOrigins: ["https://a.com"] })),
  refuses("an origin that is empty", set("http[1].corsPolicy", { allowOrigins: [{}] })),
  refuses("a method that does not exist", set("http[1].corsPolicy", { allowMethods: ["FETCH"] })),
  refuses("an age with half a second", set("http[1].corsPolicy", { maxAge: "1.5s" })),
];

const streams: Mutation[] = [
  takes(
    "a mirror to the candidate",
    set("http[0].mirror", { host: "checkout", subset: "canary" }),
    "unmanaged-callers",
  ),
  takes(
    "another route to the Service",
    set("http[2]", { route: [{ destination: { host: "checkout" } }] }),
    "unmanaged-callers",
  ),
  takes("a Gateway of its namespace that is not there", set("gateways", ["chekout", "mesh"]), "gateway-coverage"),
  takes(
    "a Gateway that has none of its hosts",
    both(set("gateways", ["checkout"]), set("hosts", ["elsewhere.com"])),
    "gateway-coverage",
  ),
  takes("tcp beside http", set("tcp", [{ match: [{ port: 9000 }], route: [{ destination: { host: "ledger" } }] }])),
  refuses("tcp without a destination", set("tcp", [{ match: [{ port: 9000 }] }])),
  refuses(
    "tcp with weights of 0",
    set("tcp", [{ route: [{ destination: { host: "a" } }, { destination: { host: "b" } }] }]),
  ),
  refuses(
    "tcp from a range that is none",
    set("tcp", [{ match: [{ destinationSubnets: ["10.0.0.0/40"] }], route: [{ destination: { host: "a" } }] }]),
  ),
  takes("tls for its host", set("tls", tlsRoute(["checkout"]))),
  refuses("tls for another host", set("tls", tlsRoute(["elsewhere.com"]))),
  refuses("tls without a host", set("tls", tlsRoute([]))),
  refuses("tls without a match", set("tls", [{ route: [{ destination: { host: "ledger" } }] }])),
];

export const virtualServiceMutations: readonly Mutation[] = [
  ...hosts,
  ...routes,
  ...matches,
  ...behaviour,
  ...streams,
  ...below("http[1].timeout", "a timeout", durations).map((each) =>
    each.name === "a timeout: in milliseconds" || each.name === "a timeout: with a fraction"
      ? { ...each, tells: ["retry-amplification"] }
      : each,
  ),
  ...below("http[0].mirror", "a destination", destinations),
];
