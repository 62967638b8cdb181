import { describe, expect, test } from "vitest";
import { formatProblem } from "../problem.ts";
import { effectiveRollout } from "./effective.ts";
import { cluster, effective, rolloutObject, team } from "./policies.test-helper.ts";

const steps = (...weights: number[]) => weights.map((weight) => ({ name: `s${weight}`, weight }));
const weights = (value: { spec: { steps: readonly { weight: number | string }[] } }) =>
  value.spec.steps.map(({ weight }) => weight);
const slack = (name: string, secret: string) => ({ name, slack: { secretRef: { name: secret } } });
const window = (name: string) => ({ name, kind: "Deny", schedule: "@daily", duration: "1h" });

describe("a Rollout under policies", () => {
  test("has what it states, then what its namespace's policy states, then the cluster's, then the default", () => {
    const platform = cluster("base", { steps: steps(1, 2), analysis: { interval: "20s", minRequests: 5 } });
    const shop = team("shop", { steps: steps(5), analysis: { interval: "30s" }, promotion: { observe: "2m" } });
    const value = effective({ analysis: { interval: "40s" } }, [shop, platform]);
    expect(weights(value)).toEqual([5]);
    expect(value.spec.analysis).toMatchObject({ interval: "40s", minRequests: 5, onBreach: "Rollback" });
    expect(value.spec.promotion).toEqual({ ramp: [50, 100], observe: "2m", keepPrevious: "10m" });
    expect(value.policies).toEqual(["ClusterRolloutPolicy/base", "RolloutPolicy/shop"]);
    expect(value.origins).toMatchObject({
      steps: "RolloutPolicy/shop",
      "promotion.observe": "RolloutPolicy/shop",
      "promotion.ramp": "default",
      "analysis.interval": "Rollout",
      "analysis.minRequests": "ClusterRolloutPolicy/base",
      "analysis.objectives": "default",
    });
  });

  test("has its own steps and objectives as a whole, and not mixed with others", () => {
    const objectives = [{ name: "slow", latency: { max: "1s" } }];
    const shop = team("shop", {
      steps: steps(1, 2),
      analysis: { objectives: [{ name: "e", errorRate: { max: "1%" } }] },
    });
    const value = effective({ steps: steps(40), analysis: { objectives } }, [shop]);
    expect(weights(value)).toEqual([40]);
    expect(value.spec.analysis.objectives.map(({ name }) => name)).toEqual(["slow"]);
  });

  test("lays policies of one kind over each other in the order of their names", () => {
    const policies = [cluster("20-later", { steps: steps(2) }), cluster("10-first", { steps: steps(1) })];
    expect(weights(effective({}, policies))).toEqual([2]);
    expect(weights(effective({}, policies.toReversed()))).toEqual([2]);
  });

  test("takes the policy that it names before those that select it", () => {
    const named = cluster("z-calm", { namespaceSelector: undefined, steps: steps(3) });
    const policies = [named, team("shop", { steps: steps(5) }), cluster("base", { steps: steps(1) })];
    expect(weights(effective({}, policies))).toEqual([5]);
    expect(weights(effective({ policyRef: { kind: "ClusterRolloutPolicy", name: "z-calm" } }, policies))).toEqual([3]);
  });

  test("is selected by the labels of its namespace, or its own", () => {
    const policies = [
      cluster("critical", { namespaceSelector: { matchLabels: { tier: "critical" } }, steps: steps(1) }),
      team("web", { selector: { matchLabels: { kind: "web" } }, analysis: { interval: "20s" } }),
    ];
    const of = (labels: Record<string, string>, ofNamespace: Record<string, string>) => {
      const result = effectiveRollout(rolloutObject({}, labels), policies, ofNamespace);
      return result.ok ? result.value.policies : [];
    };
    expect(of({}, {})).toEqual([]);
    expect(of({}, { tier: "critical" })).toEqual(["ClusterRolloutPolicy/critical"]);
    expect(of({ kind: "web" }, {})).toEqual(["RolloutPolicy/web"]);
    const byName = cluster("shop", { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "shop" } } });
    expect(effective({}, [byName]).policies).toEqual(["ClusterRolloutPolicy/shop"]);
  });

  test("keeps the windows of every source, each with where it is from", () => {
    const value = effective({ windows: [window("night")] }, [
      cluster("freeze", { windows: [window("night")] }),
      team("shop", { windows: [window("lunch")] }),
    ]);
    expect(value.windows.map(({ name, from }) => [name, from])).toEqual([
      ["night", "ClusterRolloutPolicy/freeze"],
      ["lunch", "RolloutPolicy/shop"],
      ["night", "Rollout"],
    ]);
    expect(value.spec.windows.map(({ name }) => name)).toEqual(["night"]);
  });

  test("adds up channels; one that is named again is another one", () => {
    const value = effective({ notifications: { channels: [slack("team", "mine")] } }, [
      cluster("base", { notifications: { channels: [slack("audit", "audit"), slack("team", "all")] } }),
    ]);
    expect(value.spec.notifications.channels.map(({ name, slack: to }) => [name, to?.secretRef.name])).toEqual([
      ["audit", "audit"],
      ["team", "mine"],
    ]);
    expect(value.origins).toMatchObject({
      "notifications.channels.audit": "ClusterRolloutPolicy/base",
      "notifications.channels.team": "Rollout",
    });
  });
});

describe("what is wrong is said with policy and field, and no new version goes by the rest:", () => {
  const said = (spec: object, policies: Parameters<typeof effective>[1]) =>
    effective(spec, policies).policyProblems.map(formatProblem).join("; ");

  test("a bad schedule in a policy that selects it", () => {
    const bad = cluster("freeze", { windows: [{ ...window("never"), schedule: "0 0 31 2 *" }] });
    expect(said({}, [bad])).toMatch(/^ClusterRolloutPolicy\/freeze spec\.windows\[0\]\.schedule: .*got "0 0 31 2 \*"/);
    expect(effective({}, [bad])).toMatchObject({ windows: [], policies: [] });
  });

  test("but not one that selects others", () => {
    const others = { namespaceSelector: { matchLabels: { tier: "x" } }, steps: steps(101) };
    expect(said({}, [cluster("others", others)])).toBe("");
  });

  test("a selector that cannot be read concerns everyone", () => {
    const bad = cluster("odd", { namespaceSelector: { matchExpressions: [{ key: "tier", operator: "In" }] } });
    expect(said({}, [bad])).toMatch(/ClusterRolloutPolicy\/odd spec\.namespaceSelector\.matchExpressions\[0\]: In and/);
  });

  test("a policy that is named and not there", () => {
    const ref = { policyRef: { name: "gone" } };
    expect(said(ref, [])).toBe(
      'spec.policyRef: there is no RolloutPolicy "gone" in namespace shop: create it, or name another one',
    );
  });

  test("values of two sources that do not go together", () => {
    const shop = team("shop", { steps: [{ name: "a", weight: 10, observe: "1m" }] });
    const text = said({ analysis: { interval: "2m" }, promotion: { observe: "3m" } }, [shop]);
    expect(text).toMatch(/^spec\.steps\[0\]\.observe: expected no less than analysis\.interval \(2m\)/);
    expect(text).toMatch(/\(spec\.steps\.observe from RolloutPolicy\/shop, spec\.analysis\.interval from Rollout\)$/);
  });

  test("a Rollout that is wrong by itself is the Rollout's fault", () => {
    const result = effectiveRollout(rolloutObject({ steps: steps(20, 10) }), [team("shop", {})]);
    expect(result).toMatchObject({ ok: false, problems: [{ path: "spec.steps[1].weight" }] });
  });
});

test("a short observation is fine where a policy reads numbers as often", () => {
  const fast = team("fast", { analysis: { interval: "1s" } });
  const quick = { steps: [{ name: "a", weight: 10, observe: "5s" }] };
  expect(effective(quick, [fast])).toMatchObject({ policyProblems: [], spec: { analysis: { interval: "1s" } } });
  expect(effectiveRollout(rolloutObject(quick), []).ok).toBe(false);
});
