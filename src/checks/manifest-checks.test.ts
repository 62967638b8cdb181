import { describe, expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import {
  deployment,
  destinationRule,
  plainRoute,
  rollout,
  routed,
  said,
  splitWorld,
  virtualService,
  world,
} from "./fixture.ts";
import { mirrorSafety } from "./mirror-safety.ts";
import { outlierSinglePod } from "./outlier-single-pod.ts";
import { poolTooSmall } from "./pool-too-small.ts";
import { principalAccountExists } from "./principal-account-exists.ts";
import { principalSyntax } from "./principal-syntax.ts";
import { retryAmplification } from "./retry-amplification.ts";
import { routeReachable } from "./route-reachable.ts";
import type { Check, CheckWorld } from "./types.ts";

const run = (check: Check, changes: Partial<CheckWorld>) => said(check.run(world(changes)));
const onRoute = (check: Check, extra: Record<string, unknown>) =>
  run(check, { virtualServices: [routed({ ...plainRoute, ...extra })] });
const onPolicy = (check: Check, trafficPolicy: unknown, changes: Partial<CheckWorld> = {}) =>
  run(check, { destinationRules: [destinationRule("checkout", { host: "checkout", trafficPolicy })], ...changes });

const account = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace: "web" },
});
const policy = (...principals: string[]): KubeObject => ({
  apiVersion: "security.istio.io/v1",
  kind: "AuthorizationPolicy",
  metadata: { name: "checkout", namespace: "shop" },
  spec: { action: "ALLOW", rules: [{ from: [{ source: { principals } }] }] },
});

describe("route-reachable", () => {
  const other = { name: "other", route: [{ destination: { host: "other" } }] };
  const matching = (...match: unknown[]) => ({ ...plainRoute, match });
  const http = (...routes: Record<string, unknown>[]) => ({
    virtualServices: [virtualService("checkout", { hosts: ["checkout"], http: routes })],
  });

  test.each<[string, Record<string, unknown>[]]>([
    ["the only one", [plainRoute]],
    ["behind a narrower one", [{ ...other, match: [{ uri: { prefix: "/other" } }] }, plainRoute]],
    ["before one that takes everything", [plainRoute, other]],
    [
      "behind one that shares only a part of its matches",
      [
        { ...other, match: [{ uri: { prefix: "/a" } }] },
        matching({ uri: { prefix: "/a" } }, { uri: { prefix: "/b" } }),
      ],
    ],
    [
      "behind one that asks for more",
      [
        { ...other, match: [{ uri: { prefix: "/a" }, method: { exact: "GET" } }] },
        matching({ uri: { prefix: "/a/b" } }),
      ],
    ],
    ["behind an exact path", [{ ...other, match: [{ uri: { exact: "/a" } }] }, matching({ uri: { prefix: "/a" } })]],
    ["behind one for one Gateway", [{ ...other, match: [{ gateways: ["edge"] }] }, plainRoute]],
  ])("passes a managed route that is %s", (_, routes) => {
    expect(run(routeReachable, http(...routes))).toEqual([]);
  });

  test.each<[string, Record<string, unknown>[]]>([
    ["without a match", [other, plainRoute]],
    ["with the prefix /", [{ ...other, match: [{ uri: { prefix: "/" } }] }, matching({ uri: { prefix: "/a" } })]],
    [
      "with the same match",
      [{ ...other, match: [{ name: "x", uri: { prefix: "/a" } }] }, matching({ uri: { prefix: "/a" } })],
    ],
    [
      "with a wider prefix",
      [
        { ...other, match: [{ uri: { prefix: "/api" } }] },
        matching({ uri: { prefix: "/api/v2" } }, { uri: { exact: "/api" } }),
      ],
    ],
    [
      "that asks for less",
      [
        { ...other, match: [{ headers: { a: { exact: "1" } } }] },
        matching({ uri: { prefix: "/a" }, headers: { b: { exact: "2" }, a: { exact: "1" } } }),
      ],
    ],
  ])("tells of one behind another %s", (_, routes) => {
    expect(run(routeReachable, http(...routes))).toEqual([
      expect.stringMatching(
        /^fail: VirtualService shop\/checkout spec\.http\[1\] "main" gets no request: spec\.http\[0\] "other"/,
      ),
    ]);
  });
});

describe("principals", () => {
  test.each(["cluster.local/ns/web/sa/frontend", "*", "cluster.local/ns/web/*", "*/sa/frontend"])(
    "%s passes",
    (text) => {
      expect(run(principalSyntax, { authorizationPolicies: [policy(text)] })).toEqual([]);
    },
  );

  test.each([
    ["spiffe://cluster.local/ns/web/sa/frontend", /^fail: .*source\.principals\[0\] is "spiffe:.*matches nobody/],
    ["cluster.local/web/frontend", /^fail: .*expected TRUST-DOMAIN\/ns\//],
    ["frontend", /^fail: .*expected TRUST-DOMAIN/],
  ])("%s is told", (text, message) => {
    expect(run(principalSyntax, { authorizationPolicies: [policy(text)] })).toEqual([expect.stringMatching(message)]);
  });

  test("a trust domain that nobody knows is a warning, one that is not the mesh's an error", () => {
    const authorizationPolicies = [policy("old.local/ns/web/sa/frontend", "old.local/ns/web/*")];
    expect(run(principalSyntax, { authorizationPolicies })).toEqual([
      expect.stringMatching(/^warn: .*principals\[0\].*whether old\.local is a trust domain of the mesh is not known/),
      expect.stringMatching(/^warn: .*principals\[1\]/),
    ]);
    expect(run(principalSyntax, { authorizationPolicies, trustDomains: ["old.local"] })).toEqual([]);
    expect(run(principalSyntax, { authorizationPolicies, trustDomains: ["prod.local"] })).toEqual([
      expect.stringMatching(
        /^fail: .*old\.local is no trust domain of the mesh, which has cluster\.local, prod\.local/,
      ),
      expect.stringMatching(/^fail: /),
    ]);
  });

  test("conditions are looked at as well, and accounts by their name", () => {
    const spec = {
      rules: [
        { when: [{ key: "source.principal", notValues: ["spiffe://cluster.local/ns/web/sa/a"] }] },
        { from: [{ source: { serviceAccounts: ["web/frontent", "checkout"] } }] },
      ],
    };
    const authorizationPolicies = [{ ...policy(), spec }];
    expect(run(principalSyntax, { authorizationPolicies })).toEqual([
      expect.stringMatching(/spec\.rules\[0\]\.when\[0\]\.notValues\[0\]/),
    ]);
    const own = { ...account("checkout"), metadata: { name: "checkout", namespace: "shop" } };
    expect(run(principalAccountExists, { authorizationPolicies, serviceAccounts: [account("frontend"), own] })).toEqual(
      [
        expect.stringMatching(
          /spec\.rules\[1\]\.from\[0\]\.source\.serviceAccounts\[0\] names service account frontent/,
        ),
      ],
    );
  });

  test("an account that does not exist is told, where the accounts of its namespace are known", () => {
    const authorizationPolicies = [policy("cluster.local/ns/web/sa/frontent", "cluster.local/ns/web/sa/default")];
    expect(run(principalAccountExists, { authorizationPolicies, serviceAccounts: [account("frontend")] })).toEqual([
      expect.stringMatching(/^warn: .*names service account frontent of namespace web, which has frontend/),
    ]);
    expect(run(principalAccountExists, { authorizationPolicies, serviceAccounts: [] })).toEqual([]);
    expect(run(principalAccountExists, { authorizationPolicies, serviceAccounts: [account("frontent")] })).toEqual([]);
  });
});

describe("outlier-single-pod", () => {
  const few = { outlierDetection: { consecutive5xxErrors: 1 } };

  test("tells of one error that ejects the only pod of the first step", () => {
    expect(onPolicy(outlierSinglePod, few)).toEqual([
      expect.stringMatching(/^warn: .*outlierDetection\.consecutive5xxErrors is 1, and step first has a single pod/),
    ]);
  });

  test("goes by the autoscaler's least where there is one", () => {
    const autoscaler = (minReplicas: number, name = "checkout"): KubeObject => ({
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name, namespace: "shop" },
      spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name }, minReplicas, maxReplicas: 100 },
    });
    const workload = deployment("checkout", { replicas: undefined });
    const told = (...autoscalers: KubeObject[]) => onPolicy(outlierSinglePod, few, { workload, autoscalers });
    expect(told(autoscaler(2))).toEqual([expect.stringMatching(/step first has a single pod/)]);
    expect(told(autoscaler(40))).toEqual([]);
    expect(told(autoscaler(2, "ledger"))).toEqual([]);
  });

  test("passes more errors, more pods, and no outlier detection", () => {
    expect(onPolicy(outlierSinglePod, { outlierDetection: { consecutive5xxErrors: 50 } })).toEqual([]);
    expect(onPolicy(outlierSinglePod, few, { workload: deployment("checkout", { replicas: 40 }) })).toEqual([]);
    expect(onPolicy(outlierSinglePod, {})).toEqual([]);
  });
});

test("pool-too-small tells of each small limit, in subsets and ports too, and passes ample ones", () => {
  expect(onPolicy(poolTooSmall, { connectionPool: { http: { http1MaxPendingRequests: 1 } } })).toEqual([
    expect.stringMatching(/^warn: .*spec\.trafficPolicy\.connectionPool\.http\.http1MaxPendingRequests is 1/),
  ]);
  const tcp = { connectionPool: { tcp: { maxConnections: 2 } } };
  const subsets = [{ name: "stable", labels: { app: "checkout" }, trafficPolicy: tcp }];
  expect(
    said(
      poolTooSmall.run(splitWorld({ destinationRules: [destinationRule("checkout", { host: "checkout", subsets })] })),
    ),
  ).toEqual([expect.stringMatching(/spec\.subsets\[0\]\.trafficPolicy\.connectionPool\.tcp\.maxConnections is 2/)]);
  expect(onPolicy(poolTooSmall, { connectionPool: { http: { http1MaxPendingRequests: 1024 } } })).toEqual([]);
});

describe("retry-amplification", () => {
  test("passes no retries, and retries that fit", () => {
    expect(onRoute(retryAmplification, { timeout: "1s" })).toEqual([]);
    const retries = { attempts: 2, perTryTimeout: "1s", retryOn: "connect-failure,reset" };
    expect(onRoute(retryAmplification, { timeout: "3s", retries })).toEqual([]);
  });

  test.each([
    [{ timeout: "3s", retries: { attempts: 3 } }, /no perTryTimeout/],
    [
      { timeout: "3s", retries: { attempts: 3, perTryTimeout: "1s" } },
      /4 tries of 1s do not fit into the timeout of 3s/,
    ],
    [
      { timeout: "1.5s", retries: { attempts: 3, perTryTimeout: "500ms" } },
      /4 tries of 500ms do not fit into the timeout of 1s500ms/,
    ],
    [{ retries: { attempts: 3, retryOn: "reset, 5xx" } }, /retryOn has 5xx/],
  ])("tells of %j", (extra, message) => {
    expect(onRoute(retryAmplification, extra)).toEqual([expect.stringMatching(message)]);
  });
});

describe("mirror-safety", () => {
  test("passes a share that goes elsewhere", () => {
    expect(onRoute(mirrorSafety, { mirror: { host: "shadow" }, mirrorPercentage: { value: 5 } })).toEqual([]);
  });

  test("tells of a mirror without a share, and of one to the Service itself", () => {
    expect(onRoute(mirrorSafety, { mirror: { host: "shadow" } })).toEqual([
      expect.stringMatching(/spec\.http\[0\]\.mirror says no percentage: every request is copied to shadow\./),
    ]);
    const mirrors = [{ destination: { host: "checkout" }, percentage: { value: 5 } }];
    expect(onRoute(mirrorSafety, { mirrors })).toEqual([expect.stringMatching(/the very Service that is vetted/)]);
  });
});

test("a world without traffic of Istio has nothing to be told", () => {
  const spec = { ...rollout().spec, traffic: { ...rollout().spec.traffic, istio: undefined } };
  const bare = world({ rollout: { ...rollout(), spec } as CheckWorld["rollout"] });
  for (const check of [routeReachable, outlierSinglePod, poolTooSmall, retryAmplification, mirrorSafety])
    expect(check.run(bare)).toEqual([]);
});
