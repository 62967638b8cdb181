import { describe, expect, test } from "vitest";
import { claim, deploymentOf, said, without, world } from "./fixture.ts";
import { twinPossible } from "./twin-possible.ts";

const container = { name: "app", image: "checkout:v2" };
const run = (podSpec: Record<string, unknown>, changes: Parameters<typeof world>[0] = {}) =>
  said(twinPossible.run(world({ workload: deploymentOf(podSpec), ...changes })));

test("a plain template passes", () => {
  expect(run({ containers: [{ ...container, ports: [{ containerPort: 8080 }] }] })).toEqual([]);
});

test.each([
  [{ containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 8080 }] }] }, "8080 of its node (hostPort)"],
  [
    { hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80 }] }] },
    "80 of its node (hostNetwork: true)",
  ],
])("a port of the node fails", (podSpec, message) => {
  expect(run(podSpec)).toEqual([expect.stringMatching(/^fail: .*spec\.template\.spec\.containers\[name=app\]/)]);
  expect(run(podSpec)[0]).toContain(message);
});

describe("a volume claim", () => {
  const podSpec = { containers: [container], volumes: [{ name: "d", persistentVolumeClaim: { claimName: "data" } }] };

  test.each([["ReadWriteMany"], ["ReadOnlyMany"]])("that is %s passes", (mode) => {
    expect(run(podSpec, { persistentVolumeClaims: [claim("data", [mode])] })).toEqual([]);
  });

  test.each([["ReadWriteOnce"], ["ReadWriteOncePod"]])("that is %s fails", (mode) => {
    expect(run(podSpec, { persistentVolumeClaims: [claim("data", [mode])] })).toEqual([
      expect.stringContaining(`PersistentVolumeClaim shop/data, whose spec.accessModes are [${mode}]`),
    ]);
  });

  test("that could not be read is a warning", () => {
    const unread = without(world({ workload: deploymentOf(podSpec) }), "persistentVolumeClaims");
    expect(said(twinPossible.run(unread))).toEqual([
      expect.stringMatching(/^warn: .*shop\/data, which could not be read/),
    ]);
  });
});

describe("a rule that keeps the workload's own pods apart", () => {
  const apart = (rule: Record<string, unknown>) => ({
    containers: [container],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "kubernetes.io/hostname", ...rule }],
      },
    },
  });
  const own = { labelSelector: { matchLabels: { app: "checkout" } } };

  test("fails when the nodes are too few for both versions at full size", () => {
    expect(run(apart(own), { topologyDomains: { "kubernetes.io/hostname": 7 } })).toEqual([
      expect.stringMatching(/^fail: .*need 8 different values of kubernetes\.io\/hostname, and the nodes have 7/),
    ]);
    expect(run(apart(own), { topologyDomains: { "kubernetes.io/hostname": 8 } })).toEqual([]);
  });

  test("is a warning when the number of nodes is not known", () => {
    expect(run(apart(own))).toEqual([expect.stringMatching(/^warn: .*how many the nodes have is not known/)]);
  });

  test.each([
    ["another workload's pods", { labelSelector: { matchLabels: { app: "database" } } }],
    ["pods of one version only", { ...own, matchLabelKeys: ["pod-template-hash"] }],
    [
      "pods by an expression that does not fit",
      { labelSelector: { matchExpressions: [{ key: "app", operator: "NotIn", values: ["checkout"] }] } },
    ],
    ["no pods at all", {}],
  ])("does not matter when it means %s", (_, rule) => {
    expect(run(apart(rule), { topologyDomains: { "kubernetes.io/hostname": 1 } })).toEqual([]);
  });
});
