import { describe, expect, test } from "vitest";
import { cluster, effective, team } from "./policies.test-helper.ts";

const LIMIT = "ClusterRolloutPolicy/critical (limit)";
const under = (limits: object, spec: object = {}) => effective(spec, [cluster("critical", { limits })]);
const way = (limits: object, spec: object = {}) =>
  under(limits, spec).spec.steps.map(({ name, weight, observe }) => [name, weight, observe]);
const errors = (max: string, more: object = {}) => ({ name: "errors", errorRate: { max }, ...more });
const slow = (quantile: string, max: string, name = "latency") => ({ name, latency: { quantile, max } });
const with_ = (...objectives: object[]) => ({ analysis: { objectives } });

describe("a limit on the first step", () => {
  test("puts a smaller step before one that is too large, watched as long", () => {
    expect(way({ maxFirstWeight: 2 })).toEqual([
      ["limited", 2, "5m"],
      ["first", 10, "5m"],
      ["third", 30, "5m"],
    ]);
    expect(under({ maxFirstWeight: 2 }).origins["steps.limited"]).toBe(LIMIT);
  });

  test("leaves what is small enough", () => {
    expect(way({ maxFirstWeight: "10%" })).toEqual([
      ["first", 10, "5m"],
      ["third", 30, "5m"],
    ]);
  });

  test("is not got round by a step without users, by no steps at all, or by the step's name", () => {
    const dark = {
      steps: [
        { name: "dark", weight: 0 },
        { name: "limited", weight: 50 },
      ],
    };
    expect(way({ maxFirstWeight: 5 }, dark)).toEqual([
      ["dark", 0, "5m"],
      ["limited-2", 5, "5m"],
      ["limited", 50, "5m"],
    ]);
    expect(way({ maxFirstWeight: "0.5%" }, { steps: [], promotion: { ramp: [100] } })).toEqual([
      ["limited", "0.5%", "1m"],
    ]);
  });
});

describe("a limit on objectives", () => {
  const of = (limit: object, spec: object = {}) => under({ objectives: [limit] }, spec).spec.analysis.objectives;

  test("tightens one that is looser, under its own name", () => {
    expect(of(errors("1%"), with_({ ...errors("5%"), name: "fails" }))).toEqual([
      { name: "fails", errorRate: { max: "1%" } },
    ]);
    const value = under({ objectives: [errors("1%")] });
    expect(value.origins).toMatchObject({ "analysis.objectives": "default", "analysis.objectives.errors": LIMIT });
  });

  test("leaves one that is stricter", () => {
    expect(of(errors("1%"), with_(errors("0.5%")))).toEqual([errors("0.5%")]);
    expect(of(slow("95%", "500ms"), with_(slow("99%", "400ms")))).toEqual([slow("99%", "400ms")]);
  });

  test("is added where there is none, and where neither is the stricter", () => {
    expect(of(slow("95%", "500ms"), with_(errors("1%")))).toEqual([errors("1%"), slow("95%", "500ms")]);
    expect(of(slow("95%", "500ms"), with_(slow("99%", "900ms")))).toEqual([
      slow("99%", "900ms"),
      slow("95%", "500ms", "latency-2"),
    ]);
  });

  test("that rolls back cannot be turned into a pause", () => {
    const limit = errors("2%", { onBreach: "Rollback" });
    const paused = { analysis: { onBreach: "Pause", objectives: [errors("1%")] } };
    expect(of(limit, paused)).toEqual([errors("1%", { onBreach: "Rollback" })]);
    expect(of(errors("2%"), paused)).toEqual([errors("1%")]);
  });

  test("that makes too many is told, and the plan is not made", () => {
    const many = Array.from({ length: 20 }, (_, index) => ({ ...errors("1%"), name: `e${index}` }));
    const value = under({ objectives: [slow("95%", "500ms")] }, with_(...many));
    expect(value.policyProblems[0]?.message).toMatch(/at most 20 items, got 21 of ClusterRolloutPolicy\/critical/);
  });
});

describe("a limit on observation", () => {
  test("lengthens what is shorter, the promotion too", () => {
    const spec = {
      steps: [
        { name: "a", weight: 1, observe: "5m" },
        { name: "b", weight: 2, observe: "1h" },
      ],
    };
    const value = under({ minObserve: "10m" }, spec);
    expect(value.spec.steps.map(({ observe }) => observe)).toEqual(["10m", "1h"]);
    expect(value.spec.promotion.observe).toBe("10m");
    expect(value.origins).toMatchObject({ steps: "Rollout", "steps.a.observe": LIMIT, "promotion.observe": LIMIT });
    expect(value.origins).not.toHaveProperty(["steps.b.observe"]);
  });
});

describe("a limit that asks for an approval", () => {
  const approvals = (spec: object) =>
    under({ approval: {} }, spec).spec.steps.map(({ name, weight, approval }) => [
      name,
      weight,
      approval !== undefined,
    ]);

  test("is kept by any step below 100 that asks for one", () => {
    const steps = [
      { name: "a", weight: 1, approval: {} },
      { name: "b", weight: 50 },
    ];
    expect(approvals({ steps })).toEqual([
      ["a", 1, true],
      ["b", 50, false],
    ]);
  });

  test("makes the last one ask that is below 100", () => {
    const steps = [
      { name: "a", weight: 1 },
      { name: "b", weight: 50 },
      { name: "full", weight: 100, approval: {} },
    ];
    expect(approvals({ steps })).toEqual([
      ["a", 1, false],
      ["b", 50, true],
      ["full", 100, true],
    ]);
  });

  test("adds a step that asks where there is none below 100", () => {
    expect(approvals({ steps: [] })).toEqual([["limited", 10, true]]);
    const unseen = { name: "unseen", weight: 0, approval: {} };
    expect(approvals({ steps: [unseen] })).toEqual([
      ["unseen", 0, true],
      ["limited", 10, true],
    ]);
    expect(approvals({ steps: [], promotion: { ramp: ["0.5%", 100] } })).toEqual([["limited", "0.5%", true]]);
  });
});

test("of several policies the strictest limit holds, whatever they are called", () => {
  const a = cluster("a", { limits: { maxFirstWeight: 5, minObserve: "1h" } });
  const b = cluster("b", { limits: { maxFirstWeight: 1, minObserve: "6m" } });
  for (const policies of [
    [a, b],
    [b, a],
  ]) {
    const { spec, origins } = effective({}, policies);
    expect(spec.steps[0]).toEqual({ name: "limited", weight: 1, observe: "1h" });
    expect(origins["steps.limited"]).toBe("ClusterRolloutPolicy/b (limit)");
    expect(origins["steps.first.observe"]).toBe("ClusterRolloutPolicy/a (limit)");
  }
});

test("a policy of the namespace is bound by the limits as well", () => {
  const policies = [
    team("fast", { steps: [{ name: "half", weight: 50 }] }),
    cluster("critical", { limits: { maxFirstWeight: 5 } }),
  ];
  expect(effective({}, policies).spec.steps.map(({ weight }) => weight)).toEqual([5, 50]);
});
