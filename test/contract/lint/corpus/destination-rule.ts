import { bad, below, both, drop, good, type Mutation, refuses, set, setAt, takes, type ValueAt } from "./mutation.ts";

const policies: ValueAt[] = [
  good("round robin", { loadBalancer: { simple: "ROUND_ROBIN" } }),
  bad("an algorithm that does not exist", { loadBalancer: { simple: "FASTEST" } }),
  bad("two algorithms", { loadBalancer: { simple: "RANDOM", consistentHash: { useSourceIp: true } } }),
  good("by a header", { loadBalancer: { consistentHash: { httpHeaderName: "x-user" } } }),
  bad("by a header and a cookie", {
    loadBalancer: { consistentHash: { httpHeaderName: "x-user", httpCookie: { name: "u" } } },
  }),
  bad("by a cookie without a name", { loadBalancer: { consistentHash: { httpCookie: { ttl: "0s" } } } }),
  good("by a cookie", { loadBalancer: { consistentHash: { httpCookie: { name: "u", ttl: "0s" } } } }),
  bad("maglev with an even table", {
    loadBalancer: { consistentHash: { useSourceIp: true, maglev: { tableSize: 1000 } } },
  }),
  bad("two warm-ups of 0s", { loadBalancer: { simple: "ROUND_ROBIN", warmup: { duration: "0s" } } }),
  bad("a locality that is weighed to 90", {
    loadBalancer: { localityLbSetting: { distribute: [{ from: "a/*", to: { "b/*": 90 } }] } },
  }),
  bad("failover to the same region", { loadBalancer: { localityLbSetting: { failover: [{ from: "a", to: "a" }] } } }),
  bad("distribute and failover", {
    loadBalancer: {
      localityLbSetting: { distribute: [{ from: "a/*", to: { "b/*": 100 } }], failover: [{ from: "a", to: "b" }] },
    },
  }),
  good("an ample pool", { connectionPool: { http: { http2MaxRequests: 1000 }, tcp: { connectTimeout: "1s" } } }),
  good("a pool of one", { connectionPool: { http: { http1MaxPendingRequests: 1 } } }, "pool-too-small"),
  bad("an empty pool", { connectionPool: {} }),
  bad("a negative pool", { connectionPool: { http: { http1MaxPendingRequests: -1 } } }),
  bad("a pool in quotes", { connectionPool: { tcp: { maxConnections: "100" } } }),
  bad("a timeout of a pool that is 0s", { connectionPool: { tcp: { connectTimeout: "0s" } } }),
  good("an idle timeout that is switched off", { connectionPool: { tcp: { idleTimeout: "0s" } } }),
  bad("an idle timeout of http that is 0s", { connectionPool: { http: { idleTimeout: "0s" } } }),
  bad("an upgrade of what the client decides", {
    connectionPool: { http: { h2UpgradePolicy: "UPGRADE", useClientProtocol: true } },
  }),
  bad("keep-alive without a timeout", { connectionPool: { http: { http2KeepAlive: { interval: "5s" } } } }),
  bad("a pool with a field that does not exist", { connectionPool: { http: { maxPendingRequests: 10 } } }),
  good("ejection after 50 errors", {
    outlierDetection: { consecutive5xxErrors: 50, interval: "10s", baseEjectionTime: "30s" },
  }),
  good("ejection after one error", { outlierDetection: { consecutive5xxErrors: 1 } }, "outlier-single-pod"),
  bad("ejection of 150 percent", { outlierDetection: { maxEjectionPercent: 150 } }),
  bad("ejection after minus one error", { outlierDetection: { consecutive5xxErrors: -1 } }),
  bad("ejection at an interval of 0s", { outlierDetection: { interval: "0s" } }),
  bad("ejection for local errors that are not told apart", { outlierDetection: { consecutiveLocalOriginFailures: 5 } }),
  bad("ejection by a field of old", { outlierDetection: { consecutive5xxerrors: 5 } }),
  good("the mesh's own TLS", { tls: { mode: "ISTIO_MUTUAL" } }),
  good("TLS switched off, though the pods ask for it", { tls: { mode: "DISABLE" } }, "mtls-client-conflict"),
  good("TLS of somebody else's", { tls: { mode: "SIMPLE" } }, "mtls-client-conflict"),
  bad("a mode of TLS in another case", { tls: { mode: "istio_mutual" } }),
  bad("mutual TLS without a certificate", { tls: { mode: "MUTUAL" } }, "mtls-client-conflict"),
  good("mutual TLS from a Secret", { tls: { mode: "MUTUAL", credentialName: "certs" } }, "mtls-client-conflict"),
  bad(
    "a Secret and a file",
    { tls: { mode: "SIMPLE", credentialName: "certs", caCertificates: "/etc/ca.pem" } },
    "mtls-client-conflict",
  ),
  bad(
    "a check that is skipped and described",
    {
      tls: { mode: "SIMPLE", insecureSkipVerify: true, caCertificates: "/etc/ca.pem" },
    },
    "mtls-client-conflict",
  ),
];

const wholeOnly: ValueAt[] = [
  bad("nothing in it", {}),
  bad("retries, which a VirtualService has", { retries: { attempts: 3 } }),
  bad("a timeout, which a VirtualService has", { loadBalancer: { simple: "RANDOM" }, timeout: "3s" }),
  good("a budget of retries", { retryBudget: { percent: 20, minRetryConcurrency: 3 } }),
  bad("a budget of 200 percent", { retryBudget: { percent: 200 } }),
  good("a tunnel", { tunnel: { targetHost: "proxy.example.com", targetPort: 443 } }),
  bad("a tunnel to a wildcard", { tunnel: { targetHost: "*.example.com", targetPort: 443 } }),
  bad("a tunnel by another method", { tunnel: { protocol: "PUT", targetHost: "proxy.example.com", targetPort: 443 } }),
  bad("a tunnel and a proxy protocol", {
    tunnel: { targetHost: "proxy.example.com", targetPort: 443 },
    proxyProtocol: { version: "V1" },
  }),
  bad("a policy that is text", "ISTIO_MUTUAL"),
  bad("a port with nothing in it", { portLevelSettings: [{ port: { number: 8000 } }] }),
  bad("a port without its number", { portLevelSettings: [{ loadBalancer: { simple: "RANDOM" } }] }),
];

const rules: Mutation[] = [
  takes("an older version of the API", setAt(["apiVersion"], "networking.istio.io/v1beta1")),
  takes("a full host", set("host", "checkout.shop.svc.cluster.local")),
  refuses("no host", drop("host")),
  refuses("an empty host", set("host", "")),
  refuses("a host with a path", set("host", "checkout/pay")),
  refuses("hosts, which a VirtualService has", set("hosts", ["checkout"])),
  takes("no traffic policy", drop("trafficPolicy")),
  takes("a subset that is missing", drop("subsets[1]"), "subset-defined"),
  refuses("the same subset twice", set("subsets[1].name", "stable"), "subset-defined"),
  refuses("a subset without a name", drop("subsets[0].name"), "subset-defined"),
  refuses("a subset with an empty name", set("subsets[0].name", ""), "subset-defined"),
  refuses("a subset whose name has a dot", set("subsets[0].name", "v1.2"), "subset-defined"),
  takes("a subset without labels", drop("subsets[0].labels")),
  refuses("a label with a space", set("subsets[0].labels", { app: "check out" })),
  refuses("a label that is a number", set("subsets[0].labels", { version: 2 })),
  refuses("labels as a list", set("subsets[0].labels", ["app=checkout"])),
  refuses("matchLabels, which a selector has", set("subsets[0].labels", { matchLabels: { app: "checkout" } })),
  takes("exported to its namespace and another", set("exportTo", [".", "web"]), "subset-defined"),
  refuses("exported to a name with a dot", set("exportTo", ["web.shop"]), "subset-defined"),
  refuses("exported twice", set("exportTo", ["web", "web"]), "subset-defined"),
  takes("for some callers", set("workloadSelector", { matchLabels: { app: "frontend" } })),
  refuses(
    "for some callers, exported",
    both(set("workloadSelector", { matchLabels: { app: "frontend" } }), set("exportTo", ["*"])),
  ),
  refuses("for callers with a star", set("workloadSelector", { matchLabels: { app: "front*" } })),
];

export const destinationRuleMutations: readonly Mutation[] = [
  ...rules,
  ...below("trafficPolicy", "a policy", [...policies, ...wholeOnly]),
  ...below("subsets[0].trafficPolicy", "a subset's policy", policies),
  ...below(
    "trafficPolicy.portLevelSettings",
    "a port's policy",
    policies.map((each) => ({ ...each, value: [{ port: { number: 8000 }, ...(each.value as object) }] })),
  ),
];
