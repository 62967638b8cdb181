import { describe, expect, test } from "vitest";
import {
  deployment,
  destinationRule,
  plainRoute,
  routed,
  service,
  splitRoute,
  virtualService,
} from "../../checks/fixture.ts";
import { openHouse } from "../../controller/fixture.test-helper.ts";
import { ApiError } from "../../kube/errors.ts";
import type { KubeApi, KubeObject } from "../../kube/port.ts";
import { virtualServices } from "../../sim/kinds.ts";
import { formatPlace } from "./finding.ts";
import { formatLint } from "./format.ts";
import { lintObjects } from "./lint-objects.ts";
import { type ClusterObjects, readCluster } from "./read-cluster.ts";

const server = "https://cluster";
const told = ({ findings }: ReturnType<typeof lintObjects>) =>
  findings.map((each) => [formatPlace(each), each.id, each.severity]);

const rollout = (changes: Partial<KubeObject> = {}, spec: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: "sluice.dev/v1alpha1",
  kind: "Rollout",
  metadata: { name: "checkout", namespace: "shop", uid: "u1", creationTimestamp: "2026-01-05T00:00:00Z" },
  spec: { workload: { name: "checkout" }, traffic: { istio: { virtualServices: [{ name: "checkout" }] } }, ...spec },
  ...changes,
});

const KINDS = [
  "RolloutPolicy",
  "ClusterRolloutPolicy",
  "VirtualService",
  "DestinationRule",
  "Service",
  "Deployment",
  "ServiceAccount",
];

function cluster(rollouts: KubeObject[], objects: KubeObject[], changes: Partial<ClusterObjects> = {}): ClusterObjects {
  return { rollouts, objects, complete: new Set(KINDS), unread: [], ...changes };
}

const shop = [
  deployment(),
  service("checkout", { selector: { app: "checkout" }, ports: [{ name: "http", port: 80 }] }),
  routed(plainRoute),
];

describe("what a cluster holds", () => {
  test("in order has nothing to be told", () => {
    const result = lintObjects(cluster([rollout()], shop), { namespace: "shop" });
    expect(result).toEqual({ findings: [], rollouts: 1, policies: 0, where: "namespace shop" });
  });

  test("is named by kind and name in every format", () => {
    const broken = routed({ ...plainRoute, timeout: "0s" });
    const result = lintObjects(cluster([rollout()], [...shop.slice(0, 2), broken]), { namespace: "shop" });
    expect(formatLint(result, "text", "1")).toMatch(
      /^VirtualService shop\/checkout error istio-object: .*\n1 Rollout in namespace shop: 1 error, 0 warnings\n$/s,
    );
    expect(formatLint(result, "github", "1")).toMatch(/^::error title=sluice istio-object::VirtualService shop/);
    expect(JSON.parse(formatLint(result, "sarif", "1"))).toMatchObject({
      runs: [
        { results: [{ locations: [{ logicalLocations: [{ fullyQualifiedName: "VirtualService shop/checkout" }] }] }] },
      ],
    });
  });

  test("that is missing does not exist", () => {
    expect(told(lintObjects(cluster([rollout()], []), { namespace: "shop" }))).toEqual([
      ["Rollout shop/checkout", "canary-ready", "fail"],
      ["Rollout shop/checkout", "port-protocol", "fail"],
      ["Rollout shop/checkout", "route-exists", "fail"],
    ]);
  });

  test("has ages: of two VirtualServices for one host the older stands", () => {
    const older = virtualService(
      "legacy",
      { hosts: ["checkout.shop.svc.cluster.local"], http: [plainRoute] },
      { namespace: "web", creationTimestamp: "2025-01-01T00:00:00Z" },
    );
    const { findings } = lintObjects(cluster([rollout()], [...shop, older]), { namespace: "shop" });
    expect(findings.find(({ id }) => id === "route-unique")?.message).toContain(
      "web/legacy, made 2025-01-01T00:00:00Z",
    );
  });

  test("of another namespace is looked at where a Rollout names it, or in all namespaces", () => {
    const broken = (name: string) => virtualService(name, { hosts: ["a.com"], http: [] }, { namespace: "edge" });
    const named = rollout(
      {},
      {
        traffic: { istio: { virtualServices: [{ name: "checkout" }, { name: "named", namespace: "edge" }] } },
      },
    );
    const objects = [...shop, broken("named"), broken("other")];
    const about = (namespace?: string) =>
      lintObjects(cluster([named], objects), { namespace })
        .findings.filter(({ id }) => id === "istio-object")
        .map(formatPlace);
    expect(about("shop")).toEqual(["VirtualService edge/named"]);
    expect(about()).toEqual(["VirtualService edge/named", "VirtualService edge/other"]);
  });

  test("of policies only those of the namespace are judged, whoever's Rollout is looked at", () => {
    const policy = (namespace: string): KubeObject => ({
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: { name: "frontend", namespace },
      spec: { rules: [{ from: [{ source: { principals: ["spiffe://cluster.local/ns/web/sa/frontend"] } }] }] },
    });
    const objects = [...shop, policy("shop"), policy("web")];
    const about = (namespace?: string) => told(lintObjects(cluster([rollout()], objects), { namespace }));
    expect(about("shop")).toEqual([["AuthorizationPolicy shop/frontend", "principal-syntax", "fail"]]);
    expect(about()).toHaveLength(2);
  });

  test("weighs users while a run is under way", () => {
    const rule = destinationRule("checkout", { host: "checkout", subsets: [{ name: "stable" }, { name: "canary" }] });
    const objects = [...shop.slice(0, 2), routed(splitRoute(90, 10)), rule];
    const status = { currentRun: "checkout-3" };
    expect(told(lintObjects(cluster([rollout()], objects), { namespace: "shop" }))).toEqual([
      ["Rollout shop/checkout", "weights-sane", "warn"],
    ]);
    expect(told(lintObjects(cluster([rollout({ status })], objects), { namespace: "shop" }))).toEqual([]);
  });

  test("are policies too: one that is named must exist, unless they could not be read", () => {
    const named = rollout({}, { policyRef: { name: "careful" } });
    expect(told(lintObjects(cluster([named], shop), { namespace: "shop" }))).toEqual([
      ["Rollout shop/checkout", "schema", "fail"],
    ]);
    const complete = new Set(KINDS.filter((kind) => kind !== "RolloutPolicy"));
    expect(told(lintObjects(cluster([named], shop, { complete }), { namespace: "shop" }))).toEqual([]);
  });
});

describe("reading", () => {
  const forbid = (api: KubeApi, plural: string, everywhereOnly: boolean): KubeApi => ({
    ...api,
    list: (resource, options = {}) =>
      resource.plural === plural && !(everywhereOnly && options.namespace !== undefined)
        ? Promise.reject(
            new ApiError(
              403,
              "Forbidden",
              `virtualservices.networking.istio.io is forbidden: User "alice" cannot list resource "virtualservices" in API group "networking.istio.io" at the cluster scope`,
            ),
          )
        : api.list(resource, options),
  });

  test("tells of kinds that the cluster does not serve, and reads the others", async () => {
    const { alice } = await openHouse();
    const read = await readCluster(alice, server, "shop");
    expect(read.unread.map(({ kind }) => kind)).toEqual([
      "ServiceAccount",
      "AuthorizationPolicy",
      "PeerAuthentication",
    ]);
    expect(read.unread[1]?.message).toBe(
      "the cluster at https://cluster does not serve the kind AuthorizationPolicy of security.istio.io: nothing that rests on it is looked at.",
    );
    expect(read.complete.has("VirtualService")).toBe(true);
    const { findings, rollouts } = lintObjects(read, { namespace: "shop" });
    expect(rollouts).toBe(1);
    expect(findings.map(({ id, severity }) => [id, severity])).toEqual(Array(3).fill(["not-read", "warn"]));
  });

  test("falls back to the namespace for what may not be listed everywhere, and says so", async () => {
    const { alice } = await openHouse();
    const read = await readCluster(forbid(alice, "virtualservices", true), server, "shop");
    expect(read.unread.find(({ kind }) => kind === "VirtualService")).toMatchObject({
      message:
        "alice may not list virtualservices.networking.istio.io in the whole cluster: only what namespace shop has of it is looked at.",
      remedy: expect.stringContaining("resources: [virtualservices], verbs: [list]") as unknown,
    });
    expect(read.objects.filter(({ kind }) => kind === "VirtualService").map(({ metadata }) => metadata.name)).toContain(
      "checkout",
    );
    expect(read.complete.has("VirtualService")).toBe(false);
  });

  test("does not take what it may not read for missing", async () => {
    const { alice } = await openHouse();
    const read = await readCluster(forbid(alice, "virtualservices", false), server, "shop");
    expect(read.objects.some(({ kind }) => kind === "VirtualService")).toBe(false);
    const routes = lintObjects(read, { namespace: "shop" }).findings.filter(({ id }) => id === "route-exists");
    expect(routes).toMatchObject([
      { severity: "warn", message: expect.stringContaining("could not be read") as unknown },
    ]);
  });

  test("fails when the server does not answer", async () => {
    const { alice } = await openHouse();
    const down: KubeApi = { ...alice, list: () => Promise.reject(new ApiError(503, "ServiceUnavailable", "down")) };
    await expect(readCluster(down, server, "shop")).rejects.toMatchObject({ code: 503 });
  });

  test("sees a route that lets users in past the managed one", async () => {
    const { alice } = await openHouse();
    const spec = {
      hosts: ["shop.example.com"],
      gateways: ["edge"],
      http: [{ route: [{ destination: { host: "checkout" } }] }],
    };
    await alice.create(virtualServices, {
      ...virtualService("back-door", spec),
      metadata: { name: "back-door", namespace: "shop" },
    });
    const result = lintObjects(await readCluster(alice, server, undefined), {});
    expect(told(result)).toContainEqual(["VirtualService shop/back-door", "unmanaged-callers", "fail"]);
    expect(result.where).toBe("all namespaces");
  });
});
