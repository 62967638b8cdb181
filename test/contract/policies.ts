import { type BadCase, type Fields, first, many, steps } from "./manifests.ts";

/** Policies that must be taken and policies that must be refused, by our own validation and by a real API server alike. */

export type PolicyKind = "RolloutPolicy" | "ClusterRolloutPolicy";

interface GoodPolicy {
  readonly name: string;
  /** Both, when it is left out. */
  readonly kind?: PolicyKind;
  readonly spec: Fields;
}

type BadPolicy = BadCase & { readonly kind?: PolicyKind };

const BOTH: readonly PolicyKind[] = ["RolloutPolicy", "ClusterRolloutPolicy"];
const window = { name: "freeze", kind: "Deny", schedule: "0 14 * * 5", duration: "64h" };

const good: readonly GoodPolicy[] = [
  { name: "nothing at all", spec: {} },
  { name: "what a Rollout can say", spec: { ...steps(first), windows: [window], analysis: { minRequests: 5 } } },
  { name: "an interval alone, whatever the steps are", spec: { analysis: { interval: "2m" } } },
  { name: "a part of the promotion", spec: { promotion: { keepPrevious: "1h" } } },
  {
    name: "channels",
    spec: { notifications: { channels: [{ name: "team", slack: { secretRef: { name: "sluice-slack" } } }] } },
  },
  {
    name: "everyone in a namespace",
    kind: "RolloutPolicy",
    spec: { selector: {} },
  },
  {
    name: "a selector of every operator",
    kind: "ClusterRolloutPolicy",
    spec: {
      namespaceSelector: {
        matchLabels: { "example.com/tier": "critical", empty: "" },
        matchExpressions: [
          { key: "a", operator: "In", values: ["x", "y"] },
          { key: "b", operator: "NotIn", values: ["x"] },
          { key: "c", operator: "Exists" },
          { key: "d", operator: "DoesNotExist" },
        ],
      },
    },
  },
  {
    name: "every limit",
    kind: "ClusterRolloutPolicy",
    spec: {
      limits: {
        maxFirstWeight: "0.5%",
        minObserve: "10m",
        approval: {},
        objectives: [
          { name: "errors", errorRate: { max: "1%" }, onBreach: "Rollback" },
          { name: "latency", latency: { max: "500ms" } },
        ],
      },
    },
  },
  ...["0.0001%", "9.5%", "99.9999%", "100%", 1, 100].map((maxFirstWeight) => ({
    name: `a first step of at most ${maxFirstWeight}`,
    kind: "ClusterRolloutPolicy" as const,
    spec: { limits: { maxFirstWeight } },
  })),
];

const noWeight = ([0, -1, 101, "0%", "0.0%", "00%", "0.0000%", "100.1%", "10", 0.5] as const).map(
  (maxFirstWeight): BadPolicy => ({
    name: `a first step of at most ${JSON.stringify(maxFirstWeight)}`,
    kind: "ClusterRolloutPolicy",
    spec: { limits: { maxFirstWeight } },
    path: "spec.limits.maxFirstWeight",
    says: /expected (more than 0|a whole number from 0 to 100)/,
    server: { says: /should match|greater than or equal to 1|less than or equal to 100|must be of type/ },
  }),
);

const bad: readonly BadPolicy[] = [
  ...noWeight,
  {
    name: "weights that fall",
    spec: steps({ ...first, weight: 30 }, { name: "second", weight: 10 }),
    path: "spec.steps[1].weight",
    says: /weights must rise/,
  },
  {
    name: "a step that nobody could observe",
    spec: { ...steps({ ...first, observe: "5s" }), analysis: { interval: "10s" } },
    path: "spec.steps[0].observe",
    says: /analysis.interval/,
  },
  {
    name: "a promotion that nobody could observe",
    spec: { promotion: { observe: "5s" }, analysis: { interval: "10s" } },
    path: "spec.promotion.observe",
    says: /analysis.interval/,
  },
  {
    name: "a schedule with seconds",
    spec: { windows: [{ ...window, schedule: "0 0 14 * * 5" }] },
    path: "spec.windows[0].schedule",
    says: /expected five fields/,
  },
  {
    name: "a workload, which only a Rollout has",
    spec: { workload: { name: "checkout" } },
    path: "spec.workload",
    says: /there is no field "workload"/,
    server: { says: /unknown field/ },
  },
  {
    name: "limits of a namespace's own",
    kind: "RolloutPolicy",
    spec: { limits: { approval: {} } },
    path: "spec.limits",
    says: /there is no field "limits"/,
    server: { says: /unknown field/ },
  },
  {
    name: "a selector that wants a value and names none",
    kind: "ClusterRolloutPolicy",
    spec: { namespaceSelector: { matchExpressions: [{ key: "tier", operator: "In" }] } },
    path: "spec.namespaceSelector.matchExpressions[0]",
    says: /In and NotIn need values/,
  },
  {
    name: "a selector that names a value and wants none",
    kind: "RolloutPolicy",
    spec: { selector: { matchExpressions: [{ key: "tier", operator: "Exists", values: ["a"] }] } },
    path: "spec.selector.matchExpressions[0]",
    says: /Exists and DoesNotExist have none/,
  },
  {
    name: "a label whose value has a space",
    kind: "ClusterRolloutPolicy",
    spec: { namespaceSelector: { matchLabels: { tier: "very critical" } } },
    path: "spec.namespaceSelector.matchLabels.tier",
    says: /value of a label/,
    server: { says: /should match/ },
  },
  {
    name: "a limit of no objective",
    kind: "ClusterRolloutPolicy",
    spec: { limits: { objectives: [] } },
    path: "spec.limits.objectives",
    says: /at least 1/,
  },
  {
    name: "a limit of two kinds in one",
    kind: "ClusterRolloutPolicy",
    spec: { limits: { objectives: [{ name: "both", errorRate: { max: "1%" }, latency: { max: "1s" } }] } },
    path: "spec.limits.objectives[0]",
    says: /expected exactly one of: errorRate, latency/,
  },
  {
    name: "a bare number as the least observation",
    kind: "ClusterRolloutPolicy",
    spec: { limits: { minObserve: 10 } },
    path: "spec.limits.minObserve",
    says: /expected a duration with a unit/,
    server: { says: /must be of type/ },
  },
  {
    name: "a twenty-first objective",
    kind: "ClusterRolloutPolicy",
    spec: { limits: { objectives: [...many((i) => i), 20].map((i) => ({ name: `o${i}`, errorRate: { max: "1%" } })) } },
    path: "spec.limits.objectives",
    says: /at most 20/,
    server: { says: /Too many/ },
  },
];

/** What a CRD cannot say, or only at a price: the API server takes these, and whoever reads them does not. */
const late: readonly BadPolicy[] = [
  {
    name: "a label whose key has a space",
    kind: "ClusterRolloutPolicy",
    spec: { namespaceSelector: { matchLabels: { "a b": "c" } } },
    path: "spec.namespaceSelector.matchLabels",
    says: /key of a label/,
  },
  {
    name: "a day that never comes",
    spec: { windows: [{ ...window, schedule: "0 0 31 2 *" }] },
    path: "spec.windows[0].schedule",
    says: /0 0 31 2/,
  },
];

const ofEachKind = <T extends { kind?: PolicyKind; name: string }>(cases: readonly T[]) =>
  cases.flatMap((each) => (each.kind === undefined ? BOTH : [each.kind]).map((kind) => ({ ...each, kind })));

export const goodPolicies = ofEachKind(good);
export const badPolicies = ofEachKind(bad);
export const latePolicies = ofEachKind(late);

/** The whole object of a case. */
export function policy(kind: PolicyKind, spec: Fields, name: string, namespace: string) {
  const metadata = kind === "RolloutPolicy" ? { name, namespace } : { name };
  return { apiVersion: "sluice.dev/v1alpha1", kind, metadata, spec };
}
