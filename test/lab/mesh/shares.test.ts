import { expect, test } from "vitest";
import { sharesOfHost } from "./shares.ts";

function dump(routes: unknown[]): unknown {
  const virtualHosts = [
    { name: "blackhole:80", domains: ["*"], routes: [] },
    { name: "shop:80", domains: ["shop.example.com", "shop.example.com:*"], routes },
  ];
  return { configs: [{ route_config: { name: "http.80", virtual_hosts: virtualHosts } }] };
}

const cluster = (subset: string) => `outbound|8000|${subset}|checkout.shop.svc.cluster.local`;

test("a weighted route gives each subset its percent", () => {
  const clusters = [
    { name: cluster("stable"), weight: 995 },
    { name: cluster("canary"), weight: 5 },
  ];
  const routes = sharesOfHost(dump([{ name: "main", route: { weighted_clusters: { clusters } } }]), "shop.example.com");
  expect(routes).toEqual([
    {
      name: "main",
      shares: [
        { service: "checkout", namespace: "shop", subset: "stable", percent: 99.5 },
        { service: "checkout", namespace: "shop", subset: "canary", percent: 0.5 },
      ],
    },
  ]);
});

test("a route to one cluster gives it everything", () => {
  const routes = sharesOfHost(dump([{ route: { cluster: cluster("") } }]), "shop.example.com");
  expect(routes[0]?.shares).toEqual([{ service: "checkout", namespace: "shop", subset: "", percent: 100 }]);
});

test("a host that is not there has no routes", () => {
  expect(sharesOfHost(dump([]), "other.example.com")).toEqual([]);
  expect(sharesOfHost({}, "shop.example.com")).toEqual([]);
});
