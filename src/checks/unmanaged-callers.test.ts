import { describe, expect, test } from "vitest";
import {
  HOST,
  httpRoute,
  ingress,
  plainRoute,
  rollout,
  routed,
  said,
  service,
  splitRoute,
  virtualService,
  without,
  world,
} from "./fixture.ts";
import { routeExists } from "./route-exists.ts";
import type { CheckWorld } from "./types.ts";
import { unmanagedCallers } from "./unmanaged-callers.ts";

const run = (changes: Partial<CheckWorld> = {}) => said(unmanagedCallers.run(world(changes)));
const [own] = world().services;
const ours = own === undefined ? [] : [own];
const fails = (text: string) => [
  expect.stringMatching(new RegExp(`^fail: .*${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`)),
];
const toUs = [{ destination: { host: HOST } }];

test("with every caller on the managed route it passes", () => {
  expect(run()).toEqual([]);
});

describe("Services", () => {
  test("another one that selects the candidate's pods fails", () => {
    const metrics = service("checkout-direct", { selector: { version: "v1" } });
    expect(run({ services: [...ours, metrics] })).toEqual(
      fails("Service shop/checkout-direct selects the pods of Deployment shop/checkout too"),
    );
  });

  test.each([
    ["of another workload", { selector: { app: "docs" } }],
    ["without a selector", { type: "ExternalName" }],
    ["with an empty selector", { selector: {} }],
  ])("one %s does not matter", (_, spec) => {
    expect(run({ services: [...ours, service("other", spec)] })).toEqual([]);
  });

  test.each(["NodePort", "LoadBalancer"])("a managed one of type %s is open past the mesh", (type) => {
    const open = service("checkout", { type, selector: { app: "checkout" }, ports: [{ name: "http", port: 80 }] });
    expect(run({ services: [open] })).toEqual(fails(`Service shop/checkout is of spec.type ${type}`));
  });
});

describe("VirtualServices", () => {
  const edge = (http: unknown[], spec: Record<string, unknown> = {}) => ({
    virtualServices: [
      routed(plainRoute),
      virtualService("edge", { hosts: ["shop.example"], gateways: ["edge"], http, ...spec }, { namespace: "web" }),
    ],
  });

  test("an ingress route to the Service fails", () => {
    const [finding] = unmanagedCallers.run(world(edge([{ route: toUs }])));
    expect(finding?.message).toBe(`VirtualService web/edge spec.http[0] sends to ${HOST} and is not a managed route.`);
    expect(finding?.remedy).toContain("name: edge, namespace: web");
    expect(finding?.remedy).toContain("spec.traffic.unmanagedCallers: Accept");
  });

  test("a route of a managed VirtualService that is not listed fails", () => {
    const virtualServices = [routed(plainRoute, { name: "vip", route: toUs })];
    const naming = rollout({ traffic: { istio: { virtualServices: [{ name: "checkout", routes: ["main"] }] } } });
    expect(run({ rollout: naming, virtualServices })).toEqual(fails('spec.http[1] "vip" sends to'));
  });

  test("routes of which it is not said which one is meant are left to route-exists", () => {
    const several = [routed(plainRoute, { name: "vip", route: toUs })];
    expect(run({ virtualServices: several, callersInMesh: [] })).toEqual([]);
    const naming = rollout({ traffic: { istio: { virtualServices: [{ name: "checkout", routes: ["main"] }] } } });
    const twice = [routed(plainRoute, { ...plainRoute })];
    expect(run({ rollout: naming, virtualServices: twice, callersInMesh: [] })).toEqual([]);
    for (const changes of [{ virtualServices: several }, { rollout: naming, virtualServices: twice }])
      expect(said(routeExists.run(world(changes)))).toHaveLength(1);
  });

  test("a route to the canary subset alone fails, one to stable alone always meets the live version", () => {
    const to = (subset: string) => [{ route: [{ destination: { host: HOST, subset } }] }];
    expect(run(edge(to("canary")))).toEqual(fails("subset canary and is not a managed route"));
    expect(run(edge(to("stable")))).toEqual([]);
  });

  test("mirrors and streams to the Service fail", () => {
    const mirror = [{ route: [{ destination: { host: "docs" } }], mirror: { host: HOST } }];
    expect(run(edge(mirror))).toEqual(fails("mirrors requests to"));
    expect(run(edge([], { tcp: [{ route: toUs }] }))).toEqual(fails("spec.tcp[0] sends connections to"));
  });

  test("one that no proxy goes by, because ours is older, does not matter", () => {
    const younger = virtualService(
      "copy",
      { hosts: ["checkout"], http: [plainRoute] },
      { creationTimestamp: "2026-06-01T00:00:00Z" },
    );
    expect(run({ virtualServices: [routed(plainRoute), younger] })).toEqual([]);
  });
});

test("an HTTPRoute to the Service fails, one to another namespace's does not", () => {
  const to = (backend: Record<string, unknown>) => ({
    httpRoutes: [
      httpRoute("in", { rules: [{ backendRefs: [{ name: "checkout", ...backend }] }] }, { namespace: "web" }),
    ],
  });
  expect(run(to({ namespace: "shop" }))).toEqual(
    fails("HTTPRoute web/in spec.rules[0].backendRefs sends to Service shop/checkout"),
  );
  expect(run(to({}))).toEqual([]);
  expect(run(to({ namespace: "shop", kind: "Other" }))).toEqual([]);
});

test("an Ingress to the Service fails, by path or by default", () => {
  const backend = { service: { name: "checkout" } };
  const byPath = ingress("in", { rules: [{ http: { paths: [{ path: "/buy", backend }] } }] });
  expect(run({ ingresses: [byPath] })).toEqual(fails("Ingress shop/in spec.rules[0] path /buy sends to"));
  expect(run({ ingresses: [ingress("in", { defaultBackend: backend })] })).toEqual(
    fails("spec.defaultBackend sends to"),
  );
  expect(run({ ingresses: [ingress("in", { defaultBackend: backend }, { namespace: "web" })] })).toEqual([]);
});

describe("callers that were seen", () => {
  const rows = [
    { source: "jobs/report", requests: 12.4 },
    { source: "unknown", requests: 0 },
  ];

  test("outside the mesh fail", () => {
    expect(run({ callersOutsideMesh: rows })).toEqual(fails("jobs/report sent 12 requests"));
  });

  test("inside the mesh fail only where no managed route has the host", () => {
    expect(run({ callersInMesh: rows })).toEqual([]);
    const ingressOnly = [
      virtualService("checkout", { hosts: ["shop.example"], gateways: ["edge"], http: [plainRoute] }),
    ];
    expect(run({ virtualServices: ingressOnly, callersInMesh: rows })).toEqual(
      fails("from inside the mesh, where no managed VirtualService has that host"),
    );
    expect(run({ virtualServices: ingressOnly })).toEqual([]);
  });

  test("a root that delegates to a managed VirtualService covers the mesh", () => {
    const root = virtualService("root", { hosts: [HOST], http: [{ delegate: { name: "checkout" } }] });
    const delegate = virtualService("checkout", { http: [plainRoute] });
    expect(run({ virtualServices: [root, delegate], callersInMesh: rows })).toEqual([]);
  });
});

test("Accept turns each failure into a warning that states the exposure", () => {
  const traffic = { unmanagedCallers: "Accept" as const, istio: { virtualServices: [{ name: "checkout" }] } };
  const direct = service("direct", { selector: { app: "checkout" } });
  expect(run({ rollout: rollout({ traffic }), services: [...ours, direct] })).toEqual([
    expect.stringMatching(
      /^warn: Service shop\/direct .*Accepted by spec\.traffic\.unmanagedCallers: these callers meet the candidate/,
    ),
  ]);
});

test("what could not be read is said, not taken for nobody", () => {
  const blind = without(
    world({ virtualServices: [routed(splitRoute())] }),
    "httpRoutes",
    "ingresses",
    "callersOutsideMesh",
    "callersInMesh",
  );
  expect(said(unmanagedCallers.run(blind))).toEqual([
    expect.stringMatching(/^warn: HTTPRoutes could not be read/),
    expect.stringMatching(/^warn: Ingresses could not be read/),
    expect.stringMatching(/^warn: Whether callers without a sidecar/),
  ]);
  const gatewayOnly = virtualService("checkout", { hosts: ["shop.example"], gateways: ["edge"], http: [plainRoute] });
  expect(said(unmanagedCallers.run(without(world({ virtualServices: [gatewayOnly] }), "callersInMesh")))).toEqual([
    expect.stringMatching(/^warn: No managed VirtualService has host/),
  ]);
});
