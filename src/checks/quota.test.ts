import { describe, expect, test } from "vitest";
import { deploymentOf, limitRange, resourceQuota, said, without, world } from "./fixture.ts";
import { quota } from "./quota.ts";

const app = { name: "app", resources: { requests: { cpu: "250m", memory: "64Mi" }, limits: { cpu: "1" } } };
const run = (changes: Parameters<typeof world>[0], podSpec: Record<string, unknown> = { containers: [app] }) =>
  said(quota.run(world({ workload: deploymentOf(podSpec), ...changes })));
const limited = (hard: Record<string, string>, used: Record<string, string>, spec: Record<string, unknown> = {}) => ({
  resourceQuotas: [resourceQuota({ ...spec, hard }, used)],
});

test.each([
  ["pods", "10", "6"],
  ["requests.cpu", "2", "1"],
  ["cpu", "2", "1"],
  ["requests.memory", "512Mi", "256Mi"],
  ["limits.cpu", "8", "4"],
  ["count/deployments.apps", "3", "2"],
  ["services", "1", "1"],
  ["requests.storage", "1Gi", "1Gi"],
])("room for exactly one candidate at full size of %s passes", (resource, hard, used) => {
  expect(run(limited({ [resource]: hard }, { [resource]: used }))).toEqual([]);
});

test.each([
  ["pods", "10", "7", "leaves 3 of pods (hard 10, used 7), and the candidate at its full size of 4 pods needs 4"],
  ["requests.cpu", "2", "1.1", "leaves 0.9 of requests.cpu"],
  [
    "requests.memory",
    "512Mi",
    "448Mi",
    "leaves 64Mi of requests.memory (hard 512Mi, used 448Mi), and the candidate at its full size of 4 pods needs 256Mi",
  ],
  ["limits.cpu", "8", "5", "leaves 3 of limits.cpu"],
  ["count/deployments.apps", "2", "2", "leaves 0 of count/deployments.apps"],
])("too little of %s fails with the numbers", (resource, hard, used, message) => {
  const found = run(limited({ [resource]: hard }, { [resource]: used }));
  expect(found).toEqual([expect.stringMatching(/^fail: ResourceQuota shop\/team/)]);
  expect(found[0]).toContain(message);
});

test("the shortage is what the remedy asks for", () => {
  const [finding] = quota.run(
    world({ workload: deploymentOf({ containers: [app] }), ...limited({ pods: "10" }, { pods: "9" }) }),
  );
  expect(finding?.remedy).toBe('Raise spec.hard["pods"] of ResourceQuota shop/team by at least 3.');
});

test("a quota on something that a container leaves open refuses its pods, unless a LimitRange fills it in", () => {
  const memory = limited({ "limits.memory": "64Gi" }, {});
  expect(run(memory)).toEqual([
    expect.stringContaining("container app of the new template has no resources.limits.memory"),
  ]);
  const limitRanges = [limitRange([{ type: "Container", default: { memory: "1Gi" } }])];
  expect(run({ ...memory, limitRanges })).toEqual([]);
});

describe("a quota with scopes", () => {
  const full = (spec: Record<string, unknown>) => limited({ pods: "1" }, { pods: "1" }, spec);
  const priority = (operator: string, ...values: string[]) =>
    full({ scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator, values }] } });

  test.each([
    [{ scopes: ["Terminating"] }, 0],
    [{ scopes: ["NotTerminating"] }, 1],
    [{ scopes: ["BestEffort"] }, 0],
    [{ scopes: ["NotBestEffort"] }, 1],
    [{ scopes: ["CrossNamespacePodAffinity"] }, 0],
  ])("%o counts for %d", (spec, count) => {
    expect(run(full(spec))).toHaveLength(count);
  });

  test("counts by priority class", () => {
    const high = { containers: [app], priorityClassName: "high" };
    expect(run(priority("In", "high"), high)).toHaveLength(1);
    expect(run(priority("In", "low"), high)).toEqual([]);
    expect(run(priority("NotIn", "low"), high)).toHaveLength(1);
    expect(run(priority("Exists"), high)).toHaveLength(1);
    expect(run(priority("DoesNotExist"), high)).toEqual([]);
  });
});

test("a container above a LimitRange's maximum fails", () => {
  const limitRanges = [
    limitRange([
      { type: "Container", max: { cpu: "500m" } },
      { type: "Pod", max: { cpu: "1m" } },
    ]),
  ];
  expect(run({ limitRanges })).toEqual([
    expect.stringContaining("at most 500m of cpu, and container app of the new template asks for 1"),
  ]);
});

test("quotas that could not be read are said, not taken for none", () => {
  expect(said(quota.run(without(world(), "resourceQuotas", "limitRanges")))).toEqual([
    expect.stringMatching(/^warn: The ResourceQuotas of namespace shop could not be read/),
    expect.stringMatching(/^warn: The LimitRanges/),
  ]);
});
