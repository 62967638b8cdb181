import {
  bad,
  below,
  beyond,
  both,
  drop,
  good,
  type Mutation,
  refuses,
  set,
  setAt,
  takes,
  type ValueAt,
} from "./mutation.ts";

const paths: ValueAt[] = [
  good("exact", { type: "Exact", value: "/pay" }),
  good("by an expression", { type: "RegularExpression", value: "/pay/[0-9]+" }),
  good("by its default", { value: "/" }),
  bad("without a slash", { value: "pay" }),
  bad("with two slashes", { value: "/pay//now" }),
  bad("that goes up", { value: "/pay/.." }),
  bad("with a hash", { value: "/pay#now" }),
  bad("with a space", { value: "/pay now" }),
  bad("of a type that does not exist", { type: "Prefix", value: "/pay" }),
  bad("as Istio writes it", { prefix: "/pay" }),
  bad("that is text", "/pay"),
];

const backends: ValueAt[] = [
  good("a Service of another namespace", [{ name: "ledger", namespace: "web", port: 80 }]),
  good("nothing", []),
  good("something else than a Service", [{ group: "example.com", kind: "Bucket", name: "a" }]),
  good("the managed Service", [{ name: "checkout", port: 8000 }], "unmanaged-callers"),
  bad("a Service without a port", [{ name: "ledger" }]),
  bad("a port in quotes", [{ name: "ledger", port: "80" }]),
  bad("port 0", [{ name: "ledger", port: 0 }]),
  bad("a negative weight", [{ name: "ledger", port: 80, weight: -1 }]),
  bad("a weight in quotes", [{ name: "ledger", port: 80, weight: "10" }]),
  bad("a weight above a million", [{ name: "ledger", port: 80, weight: 1_000_001 }]),
  bad("no name", [{ port: 80 }]),
  bad("an Istio destination", [{ destination: { host: "ledger" } }]),
  bad(
    "17 of them",
    Array.from({ length: 17 }, () => ({ name: "ledger", port: 80 })),
  ),
];

const filters: ValueAt[] = [
  good("a rewrite", [
    { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
  ]),
  good("a mirror", [
    { type: "RequestMirror", requestMirror: { backendRef: { name: "shadow", port: 80 }, percent: 5 } },
  ]),
  good("two mirrors", [
    { type: "RequestMirror", requestMirror: { backendRef: { name: "shadow", port: 80 } } },
    { type: "RequestMirror", requestMirror: { backendRef: { name: "other", port: 80 } } },
  ]),
  good("an extension", [{ type: "ExtensionRef", extensionRef: { group: "example.com", kind: "Limit", name: "a" } }]),
  good("origins that may call", [{ type: "CORS", cors: { allowOrigins: ["https://a.com"], allowMethods: ["GET"] } }]),
  bad("one without its type", [{ requestHeaderModifier: { set: [] } }]),
  bad("one of a type that does not exist", [{ type: "Retry" }]),
  bad("one of another type than it says", [
    { type: "URLRewrite", requestMirror: { backendRef: { name: "a", port: 80 } } },
  ]),
  bad("one with nothing in it", [{ type: "RequestHeaderModifier" }]),
  bad("the same header twice", [
    {
      type: "RequestHeaderModifier",
      requestHeaderModifier: {
        set: [
          { name: "a", value: "1" },
          { name: "a", value: "2" },
        ],
      },
    },
  ]),
  bad("a header with a space", [
    { type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "a b", value: "1" }] } },
  ]),
  bad("headers as a map", [{ type: "RequestHeaderModifier", requestHeaderModifier: { set: { a: "1" } } }]),
  bad("two of one type", [
    { type: "ResponseHeaderModifier", responseHeaderModifier: { remove: ["a"] } },
    { type: "ResponseHeaderModifier", responseHeaderModifier: { remove: ["b"] } },
  ]),
  bad("a redirect beside backends", [{ type: "RequestRedirect", requestRedirect: { scheme: "https" } }]),
  bad("a mirror without a port", [{ type: "RequestMirror", requestMirror: { backendRef: { name: "shadow" } } }]),
  bad("a mirror of 120 percent", [
    { type: "RequestMirror", requestMirror: { backendRef: { name: "shadow", port: 80 }, percent: 120 } },
  ]),
  bad("a mirror of six fifths", [
    {
      type: "RequestMirror",
      requestMirror: { backendRef: { name: "shadow", port: 80 }, fraction: { numerator: 6, denominator: 5 } },
    },
  ]),
  bad("a mirror by percent and fraction", [
    {
      type: "RequestMirror",
      requestMirror: { backendRef: { name: "shadow", port: 80 }, percent: 5, fraction: { numerator: 1 } },
    },
  ]),
  bad("a rewrite without the path", [{ type: "URLRewrite", urlRewrite: { path: { type: "ReplaceFullPath" } } }]),
  bad("a rewrite with another path", [
    { type: "URLRewrite", urlRewrite: { path: { type: "ReplaceFullPath", replacePrefixMatch: "/" } } },
  ]),
  bad("every origin and one", [{ type: "CORS", cors: { allowOrigins: ["*", "https://a.com"] } }]),
  bad("an origin without its scheme", [{ type: "CORS", cors: { allowOrigins: ["a.com"] } }]),
];

const redirect = (requestRedirect: unknown) =>
  both(drop("rules[0].backendRefs"), set("rules[0].filters", [{ type: "RequestRedirect", requestRedirect }]));

const whole: Mutation[] = [
  takes("an older version of the API", setAt(["apiVersion"], "gateway.networking.k8s.io/v1beta1")),
  takes("no rules", drop("rules")),
  takes("no parents", drop("parentRefs")),
  takes("a Service for its parent", set("parentRefs", [{ group: "", kind: "Service", name: "ledger", port: 8000 }])),
  takes(
    "two sections of one Gateway",
    set("parentRefs", [
      { name: "edge", sectionName: "a" },
      { name: "edge", sectionName: "b" },
    ]),
  ),
  refuses("one Gateway twice", set("parentRefs", [{ name: "edge" }, { name: "edge" }])),
  refuses(
    "one section twice",
    set("parentRefs", [
      { name: "edge", sectionName: "a" },
      { name: "edge", sectionName: "a" },
    ]),
  ),
  refuses("a Gateway and a section of it", set("parentRefs", [{ name: "edge" }, { name: "edge", sectionName: "a" }])),
  refuses("a parent without a name", set("parentRefs", [{ sectionName: "https" }])),
  refuses("gateways, which a VirtualService has", set("gateways", ["edge"])),
  refuses("hosts, which a VirtualService has", set("hosts", ["ledger.example.com"])),
  refuses("an empty list of rules", set("rules", [])),
  takes(
    "nothing where there is a default",
    both(set("rules[0].matches[0].path", null), set("rules[0].backendRefs[0].weight", null)),
  ),
  refuses(
    "nothing for the path of a rewrite",
    set("rules[0].filters", [{ type: "URLRewrite", urlRewrite: { path: null } }]),
  ),
  takes("a wildcard", set("hostnames", ["*.example.com"])),
  refuses("a host in capitals", set("hostnames", ["Shop.example.com"])),
  refuses("everybody's host", set("hostnames", ["*"])),
  refuses("a host with a port", set("hostnames", ["shop.example.com:443"])),
  refuses("a host that is text", set("hostnames", "shop.example.com")),
  takes("a redirect", redirect({ scheme: "https", statusCode: 301 })),
  refuses("a redirect with status 200", redirect({ statusCode: 200 })),
  refuses("a redirect to ftp", redirect({ scheme: "ftp" })),
  refuses(
    "a prefix replaced where the path is exact",
    both(
      set("rules[0].matches", [{ path: { type: "Exact", value: "/v1" } }]),
      set("rules[0].filters", [
        { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
      ]),
    ),
  ),
  refuses(
    "a prefix replaced for one backend where there are two matches",
    both(
      set("rules[0].matches", [{ path: { value: "/a" } }, { path: { value: "/b" } }]),
      set("rules[0].backendRefs[0].filters", [
        { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
      ]),
    ),
  ),
  refuses(
    "more matches than there may be",
    set(
      "rules",
      Array.from({ length: 3 }, () => ({
        matches: Array.from({ length: 50 }, (_, index) => ({ path: { value: `/${index}` } })),
      })),
    ),
  ),
  refuses(
    "the same header twice",
    set("rules[0].matches[0].headers", [
      { name: "a", value: "1" },
      { name: "a", value: "2" },
    ]),
  ),
  refuses("headers as Istio writes them", set("rules[0].matches[0].headers", { "x-team": { exact: "shop" } })),
  refuses("a method in small letters", set("rules[0].matches[0].method", "get")),
  takes("a query", set("rules[0].matches[0].queryParams", [{ name: "dry", value: "1" }])),
  takes("a timeout that is switched off", set("rules[0].timeouts", { request: "0s", backendRequest: "2s" })),
  refuses("a backend's timeout that is longer", set("rules[0].timeouts", { request: "1s", backendRequest: "2s" })),
  refuses("a timeout with a fraction", set("rules[0].timeouts", { request: "1.5s" })),
  refuses("a timeout that is a number", set("rules[0].timeouts", { request: 10 })),
  refuses("a timeout where Istio has it", set("rules[0].timeout", "10s")),
  beyond("retries", set("rules[0].retry", { attempts: 2 }), "the experimental channel has them"),
];

export const httpRouteMutations: readonly Mutation[] = [
  ...whole,
  ...below("rules[0].matches[0].path", "a path", paths),
  ...below("rules[0].backendRefs", "backends", backends),
  ...below("rules[0].filters", "filters", filters),
];
