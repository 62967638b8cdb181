import { describe, expect, test } from "vitest";
import {
  destinationRule,
  HOST,
  plainRoute,
  rollout,
  routed,
  said,
  splitRoute,
  splitWorld,
  subsets,
  virtualService,
  world,
} from "./fixture.ts";
import { subsetDefined } from "./subset-defined.ts";

const OLD = { creationTimestamp: "2025-01-01T00:00:00Z" };
const naming = (destinationRule: { name: string; namespace?: string }) =>
  rollout({ traffic: { istio: { virtualServices: [{ name: "checkout" }], destinationRule } } });

test("plain form needs no rule; split form passes with both subsets", () => {
  expect(subsetDefined.run(world())).toEqual([]);
  expect(subsetDefined.run(splitWorld())).toEqual([]);
});

describe("in split form", () => {
  test("no rule fails, with the YAML that selects what the Service selects", () => {
    const [finding] = subsetDefined.run(splitWorld({ destinationRules: [] }));
    expect(finding?.message).toContain("there is no DestinationRule shop/checkout");
    expect(finding?.remedy).toContain('- {name: canary, labels: {app: "checkout"}}');
  });

  test("a subset that is missing is named", () => {
    const rule = destinationRule("checkout", {
      host: "checkout",
      subsets: [{ name: "stable", labels: { app: "checkout" } }],
    });
    expect(said(subsetDefined.run(splitWorld({ destinationRules: [rule] })))).toEqual([
      "fail: DestinationRule shop/checkout does not define subset canary in spec.subsets, which the routes name.",
    ]);
  });

  test("an older rule's definition of the same subset stands in our way", () => {
    const older = destinationRule("legacy", { host: HOST, subsets: [{ name: "stable", labels: {} }] }, OLD);
    const changes = { rollout: naming({ name: "checkout" }), destinationRules: [subsets({ app: "checkout" }), older] };
    expect(said(subsetDefined.run(splitWorld(changes)))).toEqual([
      expect.stringContaining(
        "Subset stable of checkout.shop.svc.cluster.local is defined by DestinationRule shop/legacy",
      ),
    ]);
  });
});

test("a rule for another host, or in another namespace, fails by field", () => {
  const wrong = destinationRule("docs", { host: "docs" });
  const changes = { rollout: naming({ name: "docs" }), destinationRules: [wrong] };
  expect(said(subsetDefined.run(world(changes)))).toEqual([
    expect.stringContaining("(spec.traffic.istio.destinationRule) is for spec.host docs.shop.svc.cluster.local"),
  ]);
  const far = subsetDefined.run(world({ rollout: naming({ name: "checkout", namespace: "web" }) }));
  expect(said(far)).toEqual([expect.stringContaining("is not in shop")]);
});

test.each([
  ["checkout", HOST],
  ["everything", "*.shop.svc.cluster.local"],
])("in either form a consumer's own rule %s for %s fails: its namespace does not go by ours", (name, host) => {
  const consumer = destinationRule(name, { host }, { namespace: "web" });
  for (const place of [world, splitWorld]) {
    const { destinationRules } = place();
    const found = subsetDefined.run(place({ destinationRules: [...destinationRules, consumer] }));
    expect(said(found)).toEqual([expect.stringContaining(`DestinationRule web/${name}`)]);
  }
});

test("a rule that a new one would hide fails when it has a traffic policy to lose", () => {
  const tls = { host: "*.local", trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } } };
  const root = destinationRule("default", tls, { namespace: "istio-system" });
  expect(said(subsetDefined.run(world({ destinationRules: [root] })))).toEqual([
    expect.stringMatching(/^fail: .*shop\/checkout will be made .* take the place of istio-system\/default/),
  ]);
  expect(subsetDefined.run(world({ destinationRules: [root], rootNamespace: "aks-istio-system" }))).not.toEqual([]);
  expect(subsetDefined.run(splitWorld({ destinationRules: [root, subsets({ app: "checkout" })] }))).toEqual([]);
});

test("a rule that fewer namespaces see than the route does fails", () => {
  const narrow = destinationRule("checkout", { host: "checkout", exportTo: ["."] });
  const found = subsetDefined.run(world({ destinationRules: [narrow] }));
  expect(said(found)).toEqual([expect.stringContaining("VirtualService shop/checkout is exported to every namespace")]);
  const route = virtualService("checkout", { hosts: ["checkout"], exportTo: ["shop"], http: [plainRoute] });
  expect(subsetDefined.run(world({ destinationRules: [narrow], virtualServices: [route] }))).toEqual([]);
});

test("without istio there is nothing to say", () => {
  const other = rollout();
  const facts = { ...other, spec: { ...other.spec, traffic: { settle: "15s", unmanagedCallers: "Refuse" as const } } };
  expect(subsetDefined.run(world({ rollout: facts, virtualServices: [routed(splitRoute())] }))).toEqual([]);
});

test("of several rules for the Service the one that defines the subsets is ours, else the oldest", () => {
  const older = destinationRule("policy", { host: "checkout", trafficPolicy: {} }, OLD);
  expect(subsetDefined.run(splitWorld({ destinationRules: [older, subsets({ app: "checkout" })] }))).toEqual([]);
  const [finding] = subsetDefined.run(splitWorld({ destinationRules: [older] }));
  expect(finding?.message).toContain("DestinationRule shop/policy does not define subset stable");
});
