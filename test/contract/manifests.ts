/**
 * Rollouts that must be taken and Rollouts that must be refused. `src/api/validate.test.ts` puts them to our own validation,
 * `crds.test.ts` to a real API server: the rules are written twice, and this is what keeps the two from drifting apart.
 */

type Fields = Record<string, unknown>;

/** The shortest spec there is. */
export const twoLines: Fields = {
  workload: { name: "checkout" },
  traffic: { istio: { virtualServices: [{ name: "checkout" }] } },
};

function istio(fields: Fields): Fields {
  return { traffic: { istio: { virtualServices: [{ name: "checkout" }], ...fields } } };
}

function steps(...list: unknown[]): Fields {
  return { steps: list };
}

const first = { name: "first", weight: 10 };
const objectives = (...list: unknown[]): Fields => ({ analysis: { objectives: list } });

export interface GoodCase {
  readonly name: string;
  /** Laid over `twoLines`. */
  readonly spec: Fields;
}

export const goodCases: readonly GoodCase[] = [
  { name: "the two-line Rollout", spec: {} },
  {
    name: "weights of both forms that rise by a little",
    spec: steps({ name: "a", weight: "0.5%" }, { name: "b", weight: 1 }, { name: "c", weight: "1.0001%" }),
  },
  {
    name: "weights whose texts would sort the other way",
    spec: steps({ name: "a", weight: "9%" }, { name: "b", weight: "10%" }, { name: "c", weight: "10.5%" }),
  },
  {
    name: "a first step at 0 and a last one at 100",
    spec: steps({ name: "dark", weight: 0 }, { name: "full", weight: 100 }),
  },
  { name: "no steps at all", spec: steps() },
  {
    name: "twenty steps of twenty objectives",
    spec: {
      ...steps(...many((i) => ({ name: `s${i}`, weight: i + 1, approval: {} }))),
      ...objectives(...many((i) => ({ name: `o${i}`, errorRate: { max: "1%" } }))),
    },
  },
  {
    name: "durations of several units",
    spec: { progressDeadline: "1h30m", rollback: { drainAfter: "1m30s500ms" }, promotion: { keepPrevious: "0s" } },
  },
  {
    name: "observe as long as the interval",
    spec: { ...steps({ ...first, observe: "60s" }), analysis: { interval: "1m" } },
  },
  {
    name: "a latency objective of its own",
    spec: objectives({ name: "slow", latency: { quantile: "99.9%", max: "1s" }, onBreach: "Pause" }),
  },
  {
    name: "the same name in two namespaces",
    spec: istio({ virtualServices: [{ name: "a" }, { name: "a", namespace: "edge" }] }),
  },
  { name: "a ramp of one", spec: { promotion: { ramp: ["100%"] } } },
  {
    name: "everything else",
    spec: {
      ...istio({ destinationRule: { name: "rule", namespace: "edge" }, subsets: { stable: "old", canary: "new" } }),
      suspend: true,
      historyLimit: 3,
    },
  },
];

function many<T>(make: (index: number) => T): T[] {
  return Array.from({ length: 20 }, (_, index) => make(index));
}

export interface BadCase {
  readonly name: string;
  /** Laid over `twoLines`; a field that is undefined is taken away. */
  readonly spec: Fields;
  /** The field that is to blame. */
  readonly path: string;
  readonly says: RegExp;
  /** What the API server says instead, where its words or its place are others. */
  readonly server?: { readonly path?: string; readonly says?: RegExp };
}

const required = { says: /Required value/ };
const type = { says: /must be of type/ };
const strict = { says: /unknown field/ };

export const badCases: readonly BadCase[] = [
  {
    name: "a weight above 100",
    spec: steps({ ...first, weight: 101 }),
    path: "spec.steps[0].weight",
    says: /whole number from 0 to 100/,
    server: { says: /less than or equal to 100/ },
  },
  {
    name: "a weight below 0",
    spec: steps({ ...first, weight: -1 }),
    path: "spec.steps[0].weight",
    says: /whole number from 0 to 100/,
    server: { says: /greater than or equal to 0/ },
  },
  {
    name: "a weight that is text without a percent sign",
    spec: steps({ ...first, weight: "10" }),
    path: "spec.steps[0].weight",
    says: /percentage such as "0.5%"/,
    server: { says: /should match/ },
  },
  {
    name: "a weight above 100%",
    spec: steps({ ...first, weight: "101%" }),
    path: "spec.steps[0].weight",
    says: /0 to 100/,
    server: { says: /should match/ },
  },
  {
    name: "a bare fraction as weight",
    spec: steps({ ...first, weight: 0.5 }),
    path: "spec.steps[0].weight",
    says: /0.5%/,
    server: type,
  },
  {
    name: "weights that fall",
    spec: steps({ ...first, weight: 30 }, { name: "second", weight: 10 }),
    path: "spec.steps[1].weight",
    says: /more than the 30% before it, got 10/,
    server: { path: "spec.steps", says: /weights must rise/ },
  },
  {
    name: "equal weights",
    spec: steps(first, { name: "second", weight: "10%" }),
    path: "spec.steps[1].weight",
    says: /weights must rise/,
    server: { path: "spec.steps" },
  },
  {
    name: "weights that fall though their texts rise",
    spec: steps({ ...first, weight: "10%" }, { name: "second", weight: "9.5%" }),
    path: "spec.steps[1].weight",
    says: /weights must rise/,
    server: { path: "spec.steps" },
  },
  {
    name: "weights that fall at the twentieth step",
    spec: steps(...many((i) => ({ name: `s${i}`, weight: i === 19 ? 1 : i + 1 }))),
    path: "spec.steps[19].weight",
    says: /weights must rise/,
    server: { path: "spec.steps" },
  },
  {
    name: "twenty-one steps",
    spec: steps(...many((i) => ({ name: `s${i}`, weight: i + 1 })), { name: "more", weight: 50 }),
    path: "spec.steps",
    says: /at most 20 items/,
    server: { says: /at most 20 items/ },
  },
  {
    name: "a step with no member",
    spec: steps({ name: "first" }),
    path: "spec.steps[0].weight",
    says: /exactly one kind of member, weight/,
    server: { path: "spec.steps[0]", says: /exactly one of: weight/ },
  },
  {
    name: "a step with two kinds of member",
    spec: steps({ ...first, pause: {} }),
    path: "spec.steps[0].pause",
    says: /there is no field "pause"/,
    server: strict,
  },
  {
    name: "a step with a kind of member that nobody knows",
    spec: steps({ name: "first", setWeight: 10 }),
    path: "spec.steps[0].setWeight",
    says: /known here: name, weight/,
    server: strict,
  },
  {
    name: "two steps of one name",
    spec: steps(first, { ...first, weight: 20 }),
    path: "spec.steps[1].name",
    says: /"first" is the name of item 0/,
    server: { path: "spec.steps[1]", says: /Duplicate value/ },
  },
  {
    name: "a step without a name",
    spec: steps({ weight: 10 }),
    path: "spec.steps[0].name",
    says: /missing: expected text/,
    server: required,
  },
  {
    name: "a step named all",
    spec: steps({ ...first, name: "all" }),
    path: "spec.steps[0].name",
    says: /belong to the steps of the promotion/,
  },
  {
    name: "a step named like one of the ramp",
    spec: steps({ ...first, name: "all-50" }),
    path: "spec.steps[0].name",
    says: /belong to the steps of the promotion/,
  },
  {
    name: "a step's name that is no label",
    spec: steps({ ...first, name: "First Step" }),
    path: "spec.steps[0].name",
    says: /lower-case letters/,
    server: { says: /should match/ },
  },
  {
    name: "a bare number as observe",
    spec: steps({ ...first, observe: 300 }),
    path: "spec.steps[0].observe",
    says: /"300s" or "300m", got the bare number 300/,
    server: type,
  },
  {
    name: "a bare number in quotes as observe",
    spec: steps({ ...first, observe: "300" }),
    path: "spec.steps[0].observe",
    says: /did you mean "300s"/,
    server: { says: /expected a duration with its unit, such as "90s"/ },
  },
  {
    name: "units in the wrong order",
    spec: steps({ ...first, observe: "30m1h" }),
    path: "spec.steps[0].observe",
    says: /expected a duration/,
  },
  {
    name: "a unit that nobody knows",
    spec: { progressDeadline: "1d" },
    path: "spec.progressDeadline",
    says: /expected a duration/,
  },
  {
    name: "an empty duration",
    spec: { promotion: { keepPrevious: "" } },
    path: "spec.promotion.keepPrevious",
    says: /expected a duration/,
  },
  {
    name: "a deadline of nothing",
    spec: { progressDeadline: "0s" },
    path: "spec.progressDeadline",
    says: /expected at least 1s/,
  },
  {
    name: "an interval below a second",
    spec: { analysis: { interval: "500ms" } },
    path: "spec.analysis.interval",
    says: /expected at least 1s/,
  },
  {
    name: "a step's observe shorter than the interval",
    spec: { ...steps(first, { name: "second", weight: 20, observe: "5s" }) },
    path: "spec.steps[1].observe",
    says: /analysis.interval/,
  },
  {
    name: "the promotion's observe shorter than the interval",
    spec: { analysis: { interval: "2m" } },
    path: "spec.promotion.observe",
    says: /analysis.interval/,
  },
  {
    name: "a bare number as rate",
    spec: objectives({ name: "errors", errorRate: { max: 2 } }),
    path: "spec.analysis.objectives[0].errorRate.max",
    says: /such as "2%", got the bare number 2/,
    server: type,
  },
  {
    name: "a rate without a percent sign",
    spec: objectives({ name: "errors", errorRate: { max: "0.02" } }),
    path: "spec.analysis.objectives[0].errorRate.max",
    says: /expected a percentage/,
  },
  {
    name: "a rate above 100%",
    spec: objectives({ name: "errors", errorRate: { max: "200%" } }),
    path: "spec.analysis.objectives[0].errorRate.max",
    says: /expected a percentage/,
  },
  {
    name: "a rate of 0%",
    spec: objectives({ name: "errors", errorRate: { max: "0%" } }),
    path: "spec.analysis.objectives[0].errorRate.max",
    says: /more than 0%/,
  },
  {
    name: "a quantile of 100%",
    spec: objectives({ name: "slow", latency: { quantile: "100%", max: "1s" } }),
    path: "spec.analysis.objectives[0].latency.quantile",
    says: /less than 100%/,
  },
  {
    name: "a latency without its limit",
    spec: objectives({ name: "slow", latency: {} }),
    path: "spec.analysis.objectives[0].latency.max",
    says: /missing: expected a duration/,
    server: required,
  },
  {
    name: "an objective with no limit",
    spec: objectives({ name: "errors" }),
    path: "spec.analysis.objectives[0]",
    says: /exactly one of: errorRate, latency/,
  },
  {
    name: "an objective with two limits",
    spec: objectives({ name: "errors", errorRate: { max: "2%" }, latency: { max: "1s" } }),
    path: "spec.analysis.objectives[0]",
    says: /exactly one of: errorRate, latency/,
  },
  {
    name: "two objectives of one name",
    spec: objectives({ name: "a", errorRate: { max: "2%" } }, { name: "a", latency: { max: "1s" } }),
    path: "spec.analysis.objectives[1].name",
    says: /"a" is the name of item 0/,
    server: { path: "spec.analysis.objectives[1]", says: /Duplicate value/ },
  },
  { name: "no objective", spec: objectives(), path: "spec.analysis.objectives", says: /at least 1 item/ },
  {
    name: "no traffic",
    spec: { traffic: undefined },
    path: "spec.traffic",
    says: /missing: expected an object/,
    server: required,
  },
  { name: "traffic with no mesh", spec: { traffic: {} }, path: "spec.traffic", says: /exactly one of: istio/ },
  {
    name: "no VirtualService",
    spec: { traffic: { istio: { virtualServices: [] } } },
    path: "spec.traffic.istio.virtualServices",
    says: /at least 1 item/,
  },
  {
    name: "a VirtualService twice",
    spec: istio({ virtualServices: [{ name: "a" }, { name: "b" }, { name: "a", routes: ["x"] }] }),
    path: "spec.traffic.istio.virtualServices[2]",
    says: /name it once/,
    server: { path: "spec.traffic.istio.virtualServices" },
  },
  {
    name: "one subset for both",
    spec: istio({ subsets: { canary: "stable" } }),
    path: "spec.traffic.istio.subsets",
    says: /two different subsets/,
  },
  {
    name: "no workload",
    spec: { workload: undefined },
    path: "spec.workload",
    says: /missing: expected an object/,
    server: required,
  },
  {
    name: "a workload that is no Deployment",
    spec: { workload: { kind: "StatefulSet", name: "db" } },
    path: "spec.workload.kind",
    says: /expected "Deployment", got "StatefulSet"/,
    server: { says: /supported values: "Deployment"/ },
  },
  {
    name: "a ramp that falls",
    spec: { promotion: { ramp: [50, 40, 100] } },
    path: "spec.promotion.ramp[1]",
    says: /weights must rise/,
    server: { path: "spec.promotion.ramp" },
  },
  {
    name: "a ramp that ends early",
    spec: { promotion: { ramp: [50, "99.9%"] } },
    path: "spec.promotion.ramp",
    says: /expected 100 as the last weight/,
  },
  {
    name: "an unknown field",
    spec: { analysis: { intervall: "10s" } },
    path: "spec.analysis.intervall",
    says: /did you mean "interval"/,
    server: strict,
  },
  {
    name: "a value that is not one of the known",
    spec: { analysis: { onBreach: "rollback" } },
    path: "spec.analysis.onBreach",
    says: /did you mean Rollback/,
    server: { says: /supported values/ },
  },
  {
    name: "text where a list belongs",
    spec: { steps: "10, 30" },
    path: "spec.steps",
    says: /expected a list, got "10, 30"/,
    server: type,
  },
  {
    name: "text for true or false",
    spec: { suspend: "yes" },
    path: "spec.suspend",
    says: /expected true or false/,
    server: type,
  },
];

/** The whole object of a case. */
export function rollout(spec: Fields, name = "checkout", namespace = "shop") {
  const merged = Object.fromEntries(
    Object.entries({ ...twoLines, ...spec }).filter(([, value]) => value !== undefined),
  );
  return { apiVersion: "sluice.dev/v1alpha1", kind: "Rollout", metadata: { name, namespace }, spec: merged };
}
