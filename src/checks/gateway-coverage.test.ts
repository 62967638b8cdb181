import { expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { plainRoute, said, virtualService, world } from "./fixture.ts";
import { gatewayCoverage } from "./gateway-coverage.ts";

const gateway = (name: string, hosts: string[], namespace = "shop"): KubeObject => ({
  apiVersion: "networking.istio.io/v1",
  kind: "Gateway",
  metadata: { name, namespace },
  spec: { servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts }] },
});

function run(spec: Record<string, unknown>, ...gateways: KubeObject[]): string[] {
  const virtualServices = [
    virtualService("checkout", { hosts: ["shop.example.com", "checkout"], http: [plainRoute], ...spec }),
  ];
  return said(gatewayCoverage.run(world({ virtualServices, gateways })));
}

test.each<[string, string[], KubeObject]>([
  ["beside it", ["edge"], gateway("edge", ["shop.example.com"])],
  ["in another namespace", ["istio-ingress/edge", "mesh"], gateway("edge", ["*.example.com"], "istio-ingress")],
  ["for its namespace", ["istio-ingress/edge"], gateway("edge", ["shop/*"], "istio-ingress")],
  ["for the namespace of the Gateway", ["edge"], gateway("edge", ["./*"])],
])("passes a Gateway %s", (_, gateways, object) => {
  expect(run({ gateways }, object)).toEqual([]);
});

test("tells of a Gateway that is not there, where others of its namespace are known", () => {
  expect(run({ gateways: ["egde"] }, gateway("edge", ["*"]))).toEqual([
    "warn: VirtualService shop/checkout spec.gateways[0] names Gateway shop/egde, and namespace shop has shop/edge.",
  ]);
  expect(run({ gateways: ["istio-ingress/edge"] }, gateway("edge", ["*"]))).toEqual([]);
});

test.each<[string, string[]]>([
  ["other hosts", ["other.example.com"]],
  ["hosts of another namespace", ["web/shop.example.com"]],
])("tells of a Gateway with %s", (_, hosts) => {
  expect(run({ gateways: ["edge"] }, gateway("edge", hosts))).toEqual([
    expect.stringMatching(
      /no server of Gateway shop\/edge has a host of spec\.hosts \(shop\.example\.com and checkout\) for namespace shop/,
    ),
  ]);
});

test("has nothing to say of the mesh, of names of old, and where no Gateways were read", () => {
  expect(run({}, gateway("edge", ["*"]))).toEqual([]);
  expect(run({ gateways: ["mesh", "edge.istio-ingress.svc.cluster.local"] }, gateway("edge", ["*"]))).toEqual([]);
  const virtualServices = [virtualService("checkout", { hosts: ["a"], gateways: ["b"], http: [plainRoute] })];
  expect(gatewayCoverage.run(world({ virtualServices }))).toEqual([]);
});
