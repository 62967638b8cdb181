import { describe, expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { applyPatches, TestFailed } from "./apply-patch.test-helper.ts";
import { destinationRule, objects, pinned, route, specOf, virtualService, written } from "./fixtures.test-helper.ts";
import { labelPatches, recordAsFound, restoreRulePatches } from "./istio.ts";

const plain = virtualService([route("main", [""])]);
const split = virtualService([route("main", ["stable", 100], ["canary", 0])]);
const labels = { stable: { hash: "a" }, canary: { run: "checkout-2" } };
const world = (rule?: KubeObject, object: KubeObject = plain) => objects([object], rule);
const labelled = (state: ReturnType<typeof world>, wanted: Parameters<typeof labelPatches>[2] = labels) =>
  applyPatches(state, labelPatches(pinned(), state, wanted));

describe("labelPatches", () => {
  test("makes the rule when there is none, for the whole host, in the version that is served", () => {
    expect(labelled(world()).destinationRule).toEqual({
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: {
        name: "checkout",
        namespace: "shop",
        annotations: { "sluice.dev/created-for": "shop/checkout" },
        uid: "made",
        resourceVersion: "1",
      },
      spec: {
        host: "checkout.shop.svc.cluster.local",
        subsets: [
          { name: "stable", labels: labels.stable },
          { name: "canary", labels: labels.canary },
        ],
      },
    });
  });

  test("adds subsets beside those that are there, and the list when it is absent", () => {
    const other = { name: "v1", labels: { version: "v1" } };
    expect(labelled(world(destinationRule({ subsets: [other] }))).destinationRule?.["spec"]).toEqual({
      host: "checkout",
      subsets: [other, { name: "stable", labels: labels.stable }, { name: "canary", labels: labels.canary }],
    });
    expect(labelled(world(destinationRule({})), { canary: labels.canary }).destinationRule?.["spec"]).toEqual({
      host: "checkout",
      subsets: [{ name: "canary", labels: labels.canary }],
    });
  });

  test("changes nothing of a subset but its labels, and those as a whole, both subsets in one write", () => {
    const policy = { trafficPolicy: { loadBalancer: { simple: "RANDOM" } } };
    const state = world(
      destinationRule({
        subsets: [{ name: "canary", labels: { old: "x", run: "checkout-1" }, ...policy }, { name: "stable" }],
      }),
    );
    expect(labelPatches(pinned(), state, labels)).toHaveLength(1);
    expect(labelled(state).destinationRule?.["spec"]).toEqual({
      host: "checkout",
      subsets: [
        { name: "canary", labels: labels.canary, ...policy },
        { name: "stable", labels: labels.stable },
      ],
    });
  });

  test("{} widens a subset to everything", () => {
    const state = labelled(labelled(world()), { stable: {} });
    expect(specOf<{ subsets: unknown[] }>(state.destinationRule).subsets[0]).toEqual({ name: "stable" });
    expect(labelPatches(pinned(), state, { stable: {} })).toEqual([]);
  });

  test("does nothing when all is so, when nothing is asked, and to a rule for another host", () => {
    const state = labelled(world());
    expect(labelPatches(pinned(), state, labels)).toEqual([]);
    expect(labelPatches(pinned(), state, {})).toEqual([]);
    expect(labelPatches(pinned(), world(destinationRule({ host: "cart" })), labels)).toEqual([]);
  });

  test("fails when anything in the rule has changed since it was read", () => {
    const rules = [{}, { subsets: [{ name: "v1" }] }, { subsets: [{ name: "stable" }, { name: "canary" }] }];
    for (const spec of rules) {
      const before = world(destinationRule(spec));
      expect(() => applyPatches(written(before), labelPatches(pinned(), before, labels))).toThrow(TestFailed);
    }
  });
});

describe("restoreRulePatches", () => {
  const restored = (state: ReturnType<typeof world>, found: ReturnType<typeof world>) =>
    applyPatches(state, restoreRulePatches(pinned(), state, recordAsFound(pinned(), found)));

  test.each([
    ["no rule", undefined],
    ["a rule without subsets", destinationRule({ trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } } })],
    ["another subset", destinationRule({ subsets: [{ name: "v1" }] })],
    ["one subset of ours", destinationRule({ subsets: [{ name: "canary", labels: { app: "x" } }, { name: "v1" }] })],
    ["both", destinationRule({ subsets: [{ name: "stable", labels: { app: "x" } }, { name: "canary" }] })],
  ])("gives back what was there, to the byte: %s", (_, rule) => {
    const found = world(rule);
    const after = restored(labelled(found), found);
    expect(JSON.stringify(after.destinationRule)).toBe(JSON.stringify(rule));
    expect(restoreRulePatches(pinned(), after, recordAsFound(pinned(), found))).toEqual([]);
  });

  test("deletes the rule that we made, as it was read", () => {
    const state = labelled(world());
    expect(restoreRulePatches(pinned(), state, recordAsFound(pinned(), world()))).toEqual([
      {
        kind: "delete",
        resource: "DestinationRule",
        namespace: "shop",
        name: "checkout",
        uid: "made",
        resourceVersion: "1",
      },
    ]);
  });

  test("fails when the rule has changed since it was read", () => {
    const state = labelled(world(destinationRule({ subsets: [{ name: "v1" }] })));
    const patches = restoreRulePatches(pinned(), state, recordAsFound(pinned(), world(destinationRule({}))));
    expect(() => applyPatches(written(state), patches)).toThrow(TestFailed);
  });

  test("keeps the rule that we made when somebody has added to it, without what is ours", () => {
    const state = labelled(world());
    specOf(state.destinationRule)["trafficPolicy"] = { tls: {} };
    const after = restored(state, world()).destinationRule;
    expect(after).toMatchObject({ metadata: { annotations: {} }, spec: { trafficPolicy: { tls: {} } } });
    expect(after?.["spec"]).not.toHaveProperty("subsets");
  });

  test("a subset that a route still names is widened, never taken away", () => {
    const state = labelled(world(undefined, split));
    const after = restored(state, world(undefined, split));
    expect(specOf<{ subsets: unknown }>(after.destinationRule).subsets).toEqual([
      { name: "stable" },
      { name: "canary" },
    ]);
  });

  test("a rule of ours that had to wait for a route is deleted once no route names it", () => {
    const waiting = restored(labelled(world(undefined, split)), world());
    expect(waiting.destinationRule?.metadata.annotations).toHaveProperty(["sluice.dev/created-for"]);
    expect(restored({ ...waiting, virtualServices: [plain] }, world()).destinationRule).toBeUndefined();
  });

  test("a rule that is gone stays gone, and one for another host is left alone", () => {
    const found = recordAsFound(pinned(), world());
    expect(restoreRulePatches(pinned(), world(), found)).toEqual([]);
    const cart = world(destinationRule({ host: "cart", subsets: [{ name: "stable" }] }));
    expect(restoreRulePatches(pinned(), cart, found)).toEqual([]);
  });
});
