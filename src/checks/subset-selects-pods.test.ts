import { describe, expect, test } from "vitest";
import { deployment, said, twin, service, splitWorld, subsets, world } from "./fixture.ts";
import { subsetSelectsPods } from "./subset-selects-pods.ts";

const run = (...args: Parameters<typeof world>) => said(subsetSelectsPods.run(world(...args)));
const runSplit = (...args: Parameters<typeof world>) => said(subsetSelectsPods.run(splitWorld(...args)));
const ports = [{ name: "http", port: 80 }];

test("either form passes when everything selects the same pods", () => {
  expect(run()).toEqual([]);
  expect(runSplit()).toEqual([]);
  expect(runSplit({ destinationRules: [subsets({})] })).toEqual([]);
});

describe("in either form it fails when", () => {
  test("the Service has no selector", () => {
    expect(run({ services: [service("checkout", { ports })] })).toEqual([
      "fail: Service shop/checkout has no spec.selector, so no pod of a candidate could ever be reached through it.",
    ]);
  });

  test("the new template loses a label that the Service asks for", () => {
    const template = { metadata: { labels: { app: "checkout" } } };
    const services = [service("checkout", { selector: { app: "checkout", version: "v1" }, ports })];
    const [finding] = subsetSelectsPods.run(world({ services, workload: deployment("checkout", { template }) }));
    expect(finding?.message).toContain(
      "selects app=checkout,version=v1, but the pods of Deployment shop/checkout will be labelled app=checkout",
    );
    expect(finding?.remedy).toContain('labels: {app: "checkout", version: "v1"}');
  });

  test("the Service selects another workload's pods as well", () => {
    const workload = deployment("checkout", { selector: { matchLabels: { app: "checkout", track: "a" } } });
    expect(run({ workload })).toEqual([
      expect.stringContaining(
        "4 pods not of Deployment shop/checkout: checkout-5d4-0, checkout-5d4-1, checkout-5d4-2 and 1 more",
      ),
    ]);
  });

  test("no pod is ready", () => {
    const pods = world().pods.map((pod) => ({ ...pod, ready: false }));
    expect(run({ pods })).toEqual([expect.stringContaining("selects 4 pods, none of them ready")]);
    expect(run({ pods, workload: deployment("checkout", { replicas: 0 }) })).toEqual([]);
  });
});

test("a twin of an earlier run counts as the Rollout's own", () => {
  const labels = { app: "checkout", "sluice.dev/rollout": "checkout", "sluice.dev/run": "checkout-6" };
  const workload = deployment("checkout", { selector: { matchLabels: { app: "checkout", tier: "web" } } });
  const pods = [{ name: "checkout-6-x", labels, ready: true }];
  const liveTwin = twin("checkout-6");
  const deployments = [workload, liveTwin];
  expect(run({ workload, deployments, liveTwin, pods })).toEqual([]);
  expect(run({ workload, deployments: [workload], pods })).toEqual([expect.stringContaining("1 pod not of")]);
  const left = { destinationRules: [subsets(labels, { app: "checkout" })], deployments, liveTwin, pods };
  expect(runSplit(left)).toEqual([]);
  expect(runSplit({ ...left, pods: world().pods })).toEqual([
    expect.stringContaining("selects none of the Service's 4 ready pods"),
  ]);
});

describe("in split form at rest", () => {
  test("a stable subset that asks for a version fails, although it fits today", () => {
    expect(runSplit({ destinationRules: [subsets({ app: "checkout", version: "v1" }, { app: "checkout" })] })).toEqual([
      expect.stringMatching(
        /^fail: Subset stable of DestinationRule shop\/checkout asks for version=v1, which neither/,
      ),
    ]);
  });

  test("a stable subset that misses ready pods says which", () => {
    expect(runSplit({ destinationRules: [subsets({ version: "v0" }, {})] })).toEqual([
      expect.stringMatching(/^fail: .*asks for version=v0, which 4 of the Service's 4 ready pods do not carry/),
    ]);
  });

  test("a canary subset of its own is only a warning, for the day when Git reverts", () => {
    const [finding] = subsetSelectsPods.run(
      splitWorld({ destinationRules: [subsets({ app: "checkout" }, { version: "v2" })] }),
    );
    expect(finding?.severity).toBe("warn");
    expect(finding?.reason).toContain("Git reverts");
    expect(finding?.remedy).toContain('- {name: canary, labels: {app: "checkout"}}');
  });
});
