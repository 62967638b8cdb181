import { describe, expect, test } from "vitest";
import { destinationRule, HOST, virtualService } from "./fixtures.test-helper.ts";
import { findDestinationRule, hiddenRules, hostOf, namedSubsets, resolveHost } from "./select.ts";

const subsets = { stable: "stable", canary: "canary" };

function rule(name: string, host: string, options: { namespace?: string; created?: string; subsets?: string[] } = {}) {
  const made = destinationRule({ host, subsets: (options.subsets ?? []).map((each) => ({ name: each })) });
  const { namespace = "shop", created = "2026-01-01T00:00:00Z" } = options;
  return { ...made, metadata: { ...made.metadata, name, namespace, creationTimestamp: created } };
}

describe("hosts", () => {
  test("a name without a dot belongs to the namespace of the object that says it", () => {
    expect(resolveHost("checkout", "shop")).toBe(HOST);
    expect(resolveHost("checkout", "edge")).toBe(hostOf("checkout", "edge"));
  });

  test("a name with a dot is taken as it is, as Istio does", () => {
    expect(resolveHost("checkout.shop", "edge")).toBe("checkout.shop");
    expect(resolveHost(HOST, "edge")).toBe(HOST);
  });
});

describe("findDestinationRule", () => {
  test("takes the rule that the spec names, whatever else fits", () => {
    const rules = [rule("a", "checkout"), rule("b", "checkout")];
    expect(findDestinationRule(rules, HOST, "shop", { subsets, destinationRule: { name: "b" } })?.metadata.name).toBe(
      "b",
    );
    expect(findDestinationRule(rules, HOST, "shop", { subsets, destinationRule: { name: "c" } })).toBeUndefined();
    const elsewhere = { name: "a", namespace: "mesh" };
    expect(findDestinationRule(rules, HOST, "shop", { subsets, destinationRule: elsewhere })).toBeUndefined();
  });

  test("compares hosts in full and stays in the Service's namespace", () => {
    expect(findDestinationRule([rule("a", "cart"), rule("b", HOST)], HOST, "shop", { subsets })?.metadata.name).toBe(
      "b",
    );
    expect(findDestinationRule([rule("a", HOST, { namespace: "edge" })], HOST, "shop", { subsets })).toBeUndefined();
    expect(findDestinationRule([rule("a", "*.shop.svc.cluster.local")], HOST, "shop", { subsets })).toBeUndefined();
  });

  test("of several takes the oldest that defines a subset of ours, else the oldest", () => {
    const young = rule("young", "checkout", { created: "2026-03-01T00:00:00Z", subsets: ["canary"] });
    const middle = rule("middle", "checkout", { created: "2026-02-01T00:00:00Z", subsets: ["stable"] });
    const old = rule("old", "checkout");
    expect(findDestinationRule([young, middle, old], HOST, "shop", { subsets })?.metadata.name).toBe("middle");
    expect(findDestinationRule([rule("b", "checkout"), old], HOST, "shop", { subsets })?.metadata.name).toBe("b");
  });
});

test("hiddenRules are the wildcard rules that a rule for the host itself would put out of force", () => {
  const rules = [
    rule("all", "*"),
    rule("local", "*.local"),
    rule("other", "*.edge.svc.cluster.local"),
    rule("exact", HOST),
    rule("elsewhere", "*.local", { namespace: "edge" }),
  ];
  expect(hiddenRules(rules, HOST, "shop").map((each) => each.metadata.name)).toEqual(["all", "local"]);
});

test("namedSubsets finds subsets of the host in routes of every protocol and in mirrors", () => {
  const object = virtualService([
    { mirror: { host: "checkout", subset: "shadow" }, route: [{ destination: { host: "cart", subset: "v1" } }] },
    { mirrors: [{ destination: { host: HOST, subset: "late" } }] },
  ]);
  Object.assign(object["spec"] as object, { tcp: [{ route: [{ destination: { host: "checkout", subset: "raw" } }] }] });
  expect([...namedSubsets([object, undefined], HOST)].toSorted()).toEqual(["late", "raw", "shadow"]);
});
