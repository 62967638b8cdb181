import { describe, expect, test } from "vitest";
import { plainRoute, rollout, routed, said, splitRoute, virtualService, world } from "./fixture.ts";
import { routeExists } from "./route-exists.ts";

const naming = (...routes: string[]) =>
  rollout({ traffic: { istio: { virtualServices: [{ name: "checkout", routes }] } } });

describe("passes", () => {
  test.each([
    ["plain form", plainRoute],
    ["split form", splitRoute()],
    ["split form in the other order", { ...splitRoute(), route: (splitRoute()["route"] as unknown[]).toReversed() }],
    ["a route without a name", { route: plainRoute.route }],
    ["the host spelled out", { route: [{ destination: { host: "checkout.shop.svc.cluster.local" } }] }],
  ])("%s", (_, route) => {
    expect(routeExists.run(world({ virtualServices: [routed(route)] }))).toEqual([]);
  });

  test("the one of several routes that fits, when none is named", () => {
    const other = { name: "docs", route: [{ destination: { host: "docs" } }] };
    expect(routeExists.run(world({ virtualServices: [routed(other, plainRoute)] }))).toEqual([]);
  });

  test("a VirtualService elsewhere that allows this namespace", () => {
    const traffic = { istio: { virtualServices: [{ name: "edge", namespace: "web" }] } };
    const http = [{ route: [{ destination: { host: "checkout.shop.svc.cluster.local" } }] }];
    const meta = { namespace: "web", annotations: { "sluice.dev/allow-from": "pay, shop" } };
    const edge = virtualService("edge", { hosts: ["shop.example"], http }, meta);
    expect(routeExists.run(world({ rollout: rollout({ traffic }), virtualServices: [edge] }))).toEqual([]);
    const closed = virtualService("edge", { hosts: ["shop.example"], http }, { namespace: "web" });
    const [finding] = routeExists.run(world({ rollout: rollout({ traffic }), virtualServices: [closed] }));
    expect(finding?.message).toContain("VirtualService web/edge is in another namespace");
    expect(finding?.remedy).toContain("sluice.dev/allow-from: shop");
  });
});

describe("fails", () => {
  test("on a VirtualService that is not there", () => {
    expect(said(routeExists.run(world({ virtualServices: [] })))).toEqual([
      "fail: VirtualService shop/checkout, named in spec.traffic.istio.virtualServices[0], does not exist.",
    ]);
  });

  test("on a route name that is not there, telling those that are", () => {
    const [finding] = routeExists.run(world({ rollout: naming("mian") }));
    expect(finding?.message).toContain('no http route named "mian"');
    expect(finding?.message).toContain("it has main");
    expect(finding?.remedy).toContain("- destination: {host: checkout, subset: canary}");
  });

  test("on two routes of one name", () => {
    const found = routeExists.run(
      world({ rollout: naming("main"), virtualServices: [routed(plainRoute, plainRoute)] }),
    );
    expect(said(found)).toEqual([expect.stringContaining('more than one http route named "main"')]);
  });

  test("when several fit and none is named", () => {
    const both = routed(plainRoute, { ...splitRoute(), name: "second" });
    const [finding] = routeExists.run(world({ virtualServices: [both] }));
    expect(finding?.message).toContain('spec.http[0] "main" and spec.http[1] "second"');
    expect(finding?.remedy).toContain("routes: [main, second]");
  });

  test("on a root that delegates, naming the delegate", () => {
    const root = routed({ name: "main", delegate: { name: "checkout-routes", namespace: "pay" } });
    const [finding] = routeExists.run(world({ virtualServices: [root] }));
    expect(finding?.message).toContain("delegates to VirtualService pay/checkout-routes");
    expect(finding?.remedy).toContain("{name: checkout-routes, namespace: pay}");
  });

  test.each([
    [
      "a third destination",
      [...(splitRoute()["route"] as unknown[]), { destination: { host: "checkout", subset: "beta" } }],
    ],
    ["one destination with a subset", [{ destination: { host: "checkout", subset: "stable" } }]],
    ["another host beside ours", [{ destination: { host: "checkout" } }, { destination: { host: "docs" } }]],
    ["a host that istiod does not complete", [{ destination: { host: "checkout.shop" } }]],
  ])("on %s", (_, route) => {
    const virtualServices = [routed({ name: "main", route })];
    expect(said(routeExists.run(world({ virtualServices })))).toEqual([
      expect.stringMatching(/^fail: .*spec\.http\[0\]/),
    ]);
    expect(said(routeExists.run(world({ rollout: naming("main"), virtualServices })))).toEqual([
      expect.stringContaining("neither one destination"),
    ]);
  });

  test("when none is named and a second route leads to the Service in a form that cannot be split", () => {
    const pinned = { name: "vip", route: [{ destination: { host: "checkout", subset: "stable" } }] };
    expect(said(routeExists.run(world({ virtualServices: [routed(plainRoute, pinned)] })))).toEqual([
      expect.stringContaining("has 2 http routes that send to checkout.shop.svc.cluster.local"),
    ]);
  });
});
