import { bad, below, both, drop, good, type Mutation, refuses, set, setAt, takes, type ValueAt } from "./mutation.ts";

const sources: ValueAt[] = [
  good("a namespace", { namespaces: ["web"] }),
  good("an account", { serviceAccounts: ["web/frontend"] }),
  good("a trust domain", { trustDomains: ["old.local"] }),
  good("addresses", { ipBlocks: ["10.0.0.0/8", "10.1.2.3"], notRemoteIpBlocks: ["fd00::/8"] }),
  good(
    "a principal with its scheme",
    { principals: ["spiffe://cluster.local/ns/web/sa/frontend"] },
    "principal-syntax",
  ),
  good("a principal without its parts", { principals: ["frontend"] }, "principal-syntax"),
  good(
    "a principal of a trust domain that nobody knows",
    { principals: ["old.local/ns/web/sa/frontend"] },
    "principal-syntax",
  ),
  good("a principal by its end", { principals: ["*/sa/frontend"] }),
  bad("nothing", {}),
  bad("an empty list", { principals: [] }),
  bad("an empty principal", { principals: [""] }, "principal-syntax"),
  bad("an account with a star", { serviceAccounts: ["web/*"] }),
  bad("an account of three parts", { serviceAccounts: ["a/web/frontend"] }),
  bad("an account without its name", { serviceAccounts: ["web/"] }),
  bad("an account and a namespace", { serviceAccounts: ["web/frontend"], namespaces: ["web"] }),
  bad("17 accounts", { serviceAccounts: Array.from({ length: 17 }, (_, index) => `web/a${index}`) }),
  bad("a trust domain with a slash", { trustDomains: ["cluster.local/ns/web"] }),
  bad("a trust domain with two stars", { trustDomains: ["*local*"] }),
  bad("an address that is none", { ipBlocks: ["10.0.0.300"] }),
  bad("a range that is none", { ipBlocks: ["10.0.0.0/33"] }),
  bad("a name for an address", { remoteIpBlocks: ["office"] }),
  bad("a principal that is no list", { principals: "cluster.local/ns/web/sa/frontend" }),
  bad("a field that does not exist", { serviceAccount: ["web/frontend"] }),
];

const operations: ValueAt[] = [
  good("a port", { ports: ["8000"] }),
  good("a path by its pattern", { paths: ["/pay/{*}/items/{**}"] }),
  bad("nothing", {}),
  bad("a port that is a number", { ports: [8000] }),
  bad("port 70000", { ports: ["70000"] }),
  bad("a port by its name", { ports: ["http"] }),
  bad("an empty method", { methods: [""] }),
  bad("a path with a brace", { paths: ["/pay/{id}"] }),
  bad("a path with anything in the middle", { paths: ["/pay/{**}/{*}"] }),
  bad("an empty path", { paths: [""] }),
];

const conditions: ValueAt[] = [
  good("an address", { key: "source.ip", values: ["10.0.0.0/8"] }),
  good("a claim", { key: "request.auth.claims[iss]", notValues: ["a"] }),
  good("a namespace", { key: "source.namespace", values: ["web"] }),
  bad("without a key", { values: ["a"] }),
  bad("without values", { key: "source.ip" }),
  bad("a key that does not exist", { key: "request.method", values: ["GET"] }),
  bad("a header without its brackets", { key: "request.headers", values: ["a"] }),
  bad("a header with empty brackets", { key: "request.headers[]", values: ["a"] }),
  bad("an address that is none", { key: "source.ip", values: ["office"] }),
  bad("a port that is none", { key: "destination.port", values: ["http"] }),
  bad("an empty value", { key: "source.namespace", values: [""] }),
  bad("labels of the workload", { key: "destination.labels[app]", values: ["checkout"] }),
];

const custom = both(set("action", "CUSTOM"), set("provider", { name: "opa" }));

const whole: Mutation[] = [
  takes("an older version of the API", setAt(["apiVersion"], "security.istio.io/v1beta1")),
  takes("nothing allowed", drop("rules")),
  takes("everything allowed", set("rules", [{}])),
  takes("denied", set("action", "DENY")),
  refuses("denied without rules", both(set("action", "DENY"), drop("rules"))),
  refuses("an action in another case", set("action", "Allow")),
  refuses("an action that does not exist", set("action", "PERMIT")),
  refuses("a provider for ALLOW", set("provider", { name: "opa" })),
  refuses("CUSTOM without a provider", set("action", "CUSTOM")),
  refuses("CUSTOM by principal", custom),
  takes("CUSTOM by path", both(custom, set("rules", [{ to: [{ operation: { paths: ["/admin"] } }] }]))),
  refuses("CUSTOM without rules", both(custom, drop("rules"))),
  refuses(
    "CUSTOM by a claim",
    both(custom, set("rules", [{ when: [{ key: "request.auth.claims[iss]", values: ["a"] }] }])),
  ),
  takes("for a Service", both(drop("selector"), set("targetRefs", [{ kind: "Service", group: "", name: "checkout" }]))),
  refuses(
    "for a Deployment",
    both(drop("selector"), set("targetRefs", [{ kind: "Deployment", group: "apps", name: "checkout" }])),
  ),
  refuses(
    "for a Service of another namespace",
    both(drop("selector"), set("targetRefs", [{ kind: "Service", group: "", name: "a", namespace: "b" }])),
  ),
  refuses("for a Service without a name", both(drop("selector"), set("targetRefs", [{ kind: "Service", group: "" }]))),
  refuses("for a Service and a selector", set("targetRefs", [{ kind: "Service", group: "", name: "checkout" }])),
  takes("for one version of it", set("selector.matchLabels.version", "v2"), "inbound-authz-covers-canary"),
  refuses("a selector with a star", set("selector", { matchLabels: { app: "check*" } })),
  refuses("a selector with expressions", set("selector", { matchExpressions: [] })),
  refuses(
    "a source that is not in source",
    set("rules[0].from[0]", { principals: ["cluster.local/ns/web/sa/frontend"] }),
  ),
  refuses("an operation that is not in operation", set("rules[0].to[0]", { methods: ["GET"] })),
  refuses("rules that are no list", set("rules", { from: [] })),
  refuses("a rule with a field that does not exist", set("rules[0].principals", ["a"])),
  takes("tried out", setAt(["metadata", "annotations"], { "istio.io/dry-run": "true" })),
  refuses("tried out by another word", setAt(["metadata", "annotations"], { "istio.io/dry-run": "yes" })),
  takes("an empty list of sources", set("rules[0].from", [])),
  takes("an empty list of conditions", set("rules[0].when", [])),
];

export const authorizationPolicyMutations: readonly Mutation[] = [
  ...whole,
  ...below("rules[0].from[0].source", "a source", sources),
  ...below("rules[0].to[0].operation", "an operation", operations),
  ...below("rules[0].when[0]", "a condition", conditions),
];
