import { first, type Fields, istio, many, objectives, steps } from "./manifests.ts";

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
  {
    name: "windows",
    spec: {
      windows: [
        { name: "day", kind: "Allow", schedule: "0 9 * * 1-5", duration: "8h", timeZone: "America/New_York" },
        { name: "always", kind: "Deny", schedule: "@daily", duration: "8784h", overrun: "Rollback" },
      ],
    },
  },
  {
    name: "a Slack bot",
    spec: {
      notifications: {
        channels: [{ name: "team", slackBot: { secretRef: { name: "sluice-slack" }, channel: "C0123456789" } }],
      },
    },
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

/** The API server takes these, since a policy may state the rest. Without one they are refused by who knows that there is none. */
export const lateCases: readonly (GoodCase & { path: string; says: RegExp })[] = [
  {
    name: "a step's observe shorter than the default interval",
    spec: steps({ ...first, observe: "5s" }),
    path: "spec.steps[0].observe",
    says: /no less than analysis.interval \(10s\)/,
  },
  {
    name: "an interval longer than the promotion's default observe",
    spec: { analysis: { interval: "2m" } },
    path: "spec.promotion.observe",
    says: /no less than analysis.interval \(2m\)/,
  },
];
