import type { KubeObject } from "../../../../src/kube/port.ts";

/** Manifests in order, which the mutations put out of order: the checkout of the shop, in split form, open to the frontend. */

const made = (apiVersion: string, kind: string, spec: unknown): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "checkout", namespace: "shop" },
  spec,
});

export const rollout = () =>
  made("sluice.dev/v1alpha1", "Rollout", {
    workload: { name: "checkout" },
    traffic: { istio: { virtualServices: [{ name: "checkout", routes: ["main"] }] } },
  });

export const deployment = () =>
  made("apps/v1", "Deployment", {
    replicas: 4,
    selector: { matchLabels: { app: "checkout" } },
    template: {
      metadata: { labels: { app: "checkout" } },
      spec: { containers: [{ name: "app", image: "checkout:v1" }] },
    },
  });

export const service = () =>
  made("v1", "Service", { selector: { app: "checkout" }, ports: [{ name: "http", port: 8000 }] });

export const virtualService = () =>
  made("networking.istio.io/v1", "VirtualService", {
    hosts: ["checkout"],
    http: [
      {
        name: "health",
        match: [{ uri: { exact: "/healthz" } }],
        directResponse: { status: 200 },
      },
      {
        name: "main",
        match: [{ uri: { prefix: "/pay" }, headers: { "x-team": { exact: "shop" } } }],
        timeout: "10s",
        retries: { attempts: 2, perTryTimeout: "2s", retryOn: "connect-failure,refused-stream" },
        route: [
          { destination: { host: "checkout", subset: "stable", port: { number: 8000 } }, weight: 100 },
          { destination: { host: "checkout", subset: "canary", port: { number: 8000 } }, weight: 0 },
        ],
      },
    ],
  });

export const destinationRule = () =>
  made("networking.istio.io/v1", "DestinationRule", {
    host: "checkout",
    trafficPolicy: { loadBalancer: { simple: "LEAST_REQUEST" } },
    subsets: [
      { name: "stable", labels: { app: "checkout" } },
      { name: "canary", labels: { app: "checkout" } },
    ],
  });

export const gateway = () =>
  made("networking.istio.io/v1", "Gateway", {
    selector: { istio: "ingressgateway" },
    servers: [
      {
        port: { number: 80, name: "http", protocol: "HTTP" },
        hosts: ["shop.example.com"],
        tls: { httpsRedirect: true },
      },
      {
        port: { number: 443, name: "https", protocol: "HTTPS" },
        hosts: ["shop/shop.example.com"],
        tls: { mode: "SIMPLE", credentialName: "shop-example-com" },
      },
    ],
  });

export const authorizationPolicy = () =>
  made("security.istio.io/v1", "AuthorizationPolicy", {
    selector: { matchLabels: { app: "checkout" } },
    action: "ALLOW",
    rules: [
      {
        from: [{ source: { principals: ["cluster.local/ns/web/sa/frontend"] } }],
        to: [{ operation: { methods: ["GET", "POST"], paths: ["/pay*"], ports: ["8000"] } }],
        when: [{ key: "request.headers[x-team]", values: ["shop"] }],
      },
    ],
  });

export const peerAuthentication = () =>
  made("security.istio.io/v1", "PeerAuthentication", {
    selector: { matchLabels: { app: "checkout" } },
    mtls: { mode: "STRICT" },
    portLevelMtls: { "9090": { mode: "PERMISSIVE" } },
  });

export const httpRoute = () =>
  made("gateway.networking.k8s.io/v1", "HTTPRoute", {
    parentRefs: [{ name: "edge", namespace: "istio-ingress", sectionName: "https" }],
    hostnames: ["ledger.example.com"],
    rules: [
      {
        matches: [
          { path: { type: "PathPrefix", value: "/v1" }, headers: [{ name: "x-team", value: "shop" }], method: "GET" },
        ],
        filters: [{ type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "x-a", value: "1" }] } }],
        backendRefs: [
          { name: "ledger", port: 8000, weight: 90 },
          { name: "ledger-next", port: 8000, weight: 10 },
        ],
        timeouts: { request: "10s", backendRequest: "2s" },
      },
    ],
  });
