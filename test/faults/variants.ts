import type { State } from "../../src/api/phase.ts";
import type { Decision } from "../../src/engine/decide.ts";
import type { RunFacts } from "../../src/engine/facts.ts";
import type { Action, Setting } from "./schedule.ts";

/** The promises of docs/safety.md, by their numbers. */
export const INVARIANTS = ["I1", "I2", "I3", "I4", "I5", "I6", "I7"] as const;
export type Invariant = (typeof INVARIANTS)[number];

type Desired = Decision["desired"];

/** Where an engine is wrong: in what it sees, in what it remembers, or in what it wants. */
export interface Breaking {
  facts?: (facts: RunFacts) => Partial<RunFacts>;
  status?: (decision: Decision, facts: RunFacts) => Partial<Decision["status"]>;
  desired?: (desired: Desired, facts: RunFacts) => Partial<Desired>;
  /** It takes what another process has written for its own. */
  trustsForeignMemory?: boolean;
}

/** An engine that is broken on purpose: in one state, or in all of them. */
export interface Variant {
  /** Ends the sentence "an engine that ...". */
  name: string;
  invariant: Invariant;
  /** The state in which it is broken, and in no other. */
  state?: State;
  breaking: Breaking;
  setting?: Partial<Setting>;
  /** The schedule that finds it, by the time of each action; or kinds of action of which chance finds it. */
  schedule: readonly [atMs: number, action: Action][] | readonly Action["kind"][];
}

const ship = (tag: string, atMs = 0): [number, Action] => [atMs, { kind: "ship", tag }];
const good = ship("v2");
const bad = ship("v5-errors50");
const commandAt = (atMs: number, verb: Extract<Action, { kind: "command" }>["verb"]): [number, Action] => [
  atMs,
  { kind: "command", verb },
];
/** Proxies hear of everything later than a pod takes to end. */
const late: Partial<Setting> = { routesMs: 700, rulesMs: 700, endpointsMs: 300 };
const twinGone = { desired: () => ({ twin: "gone" as const }) };

type Verdict = RunFacts["evidence"]["verdicts"][number]["verdict"];

/** Takes one verdict for another. */
const mistaking = (one: Verdict, other: Verdict): Breaking => ({
  facts: ({ evidence }) => ({
    evidence: {
      ...evidence,
      verdicts: evidence.verdicts.map((each) => (each.verdict === one ? { ...each, verdict: other } : each)),
    },
  }),
});

/** For each promise, and for each state, at least one; none is caught by a schedule that a sound engine fails as well. */
export const VARIANTS: readonly Variant[] = [
  {
    name: "releases the Deployment before anything was checked",
    invariant: "I2",
    state: "Preflight",
    breaking: { desired: () => ({ own: "release" }) },
    schedule: [good],
  },
  {
    name: "ends a run while a write that got no answer may still be carried out",
    invariant: "I6",
    breaking: { facts: () => ({ lateWritesForMs: 0 }) },
    schedule: [good, [900, { kind: "lateWrite", call: 1, lateMs: 8_000, downMs: 300 }], commandAt(1_400, "abort")],
  },
  {
    name: "gives the candidate users while it waits",
    invariant: "I2",
    state: "Waiting",
    breaking: { desired: () => ({ weight: 10, atMost: 10 }) },
    schedule: [good, [500, { kind: "suspend", on: true }]],
  },
  {
    name: "routes to subsets that proxies have not heard of",
    invariant: "I6",
    state: "Fencing",
    breaking: { facts: ({ routing }) => ({ routing: { ...routing, labelsForMs: 60_000, routesForMs: 60_000 } }) },
    setting: { rulesMs: 700 },
    schedule: [good],
  },
  {
    name: "starts the twin behind a stable subset that selects the whole Service",
    invariant: "I2",
    breaking: {
      facts: ({ routing, run }) => ({ routing: { ...routing, stable: run.spec.from.podLabels } }),
      desired: ({ labels }, { run, selector }) =>
        labels !== undefined && ["Fencing", "Scaling"].includes(run.status.phase)
          ? { labels: { stable: selector, canary: labels.canary } }
          : {},
    },
    schedule: ["ship"],
  },
  {
    name: "releases the Deployment before its template is vetted",
    invariant: "I2",
    state: "Scaling",
    breaking: { desired: () => ({ own: "release" }) },
    schedule: [good],
  },
  {
    name: "shows the candidate to users before every proxy knows its pods",
    invariant: "I6",
    state: "Scaling",
    breaking: { facts: ({ twin }) => ({ twin: { ...twin, availableForMs: 60_000 } }) },
    schedule: ["ship"],
  },
  {
    name: "raises the weight to more than the step's",
    invariant: "I2",
    state: "Shifting",
    breaking: { desired: ({ weight }) => (weight === 10 ? { weight: 30, atMost: 30 } : {}) },
    schedule: [good],
  },
  {
    name: "raises the weight on what another process remembers",
    invariant: "I5",
    breaking: { trustsForeignMemory: true },
    schedule: ["ship", "crash"],
  },
  {
    name: "lets the candidate keep whatever weight it has",
    invariant: "I1",
    breaking: { desired: () => ({ atMost: 100 }) },
    schedule: [bad],
  },
  {
    name: "takes a breach for want of evidence",
    invariant: "I1",
    state: "Observing",
    breaking: mistaking("breach", "inconclusive"),
    schedule: [ship("v5-errors30")],
  },
  {
    name: "takes no evidence for good evidence",
    invariant: "I3",
    state: "Observing",
    breaking: mistaking("inconclusive", "pass"),
    schedule: [
      bad,
      [4_200, { kind: "prometheus", mode: "down", forMs: 60_000 }],
      [20_000, { kind: "prometheus", mode: "down", forMs: 60_000 }],
    ],
  },
  {
    name: "gives back a weight that somebody took away",
    invariant: "I2",
    state: "Observing",
    breaking: {
      facts: ({ routing, run }) => ({
        routing: { ...routing, minWeight: Math.max(routing.minWeight, run.status.weightInForce) },
      }),
      desired: (_, { run }) => ({ weight: run.status.weightInForce }),
    },
    schedule: [good, [7_000, { kind: "editWeight", canary: 0 }]],
  },
  {
    name: "does not say on which numbers a step has passed",
    invariant: "I7",
    breaking: { status: () => ({ objectives: [] }) },
    schedule: [good],
  },
  {
    name: "does not look at the candidate's numbers while it is paused",
    invariant: "I1",
    state: "Paused",
    breaking: mistaking("breach", "inconclusive"),
    schedule: [ship("v5-errors30"), commandAt(6_500, "pause")],
  },
  {
    name: "carries out a command again in every pass",
    invariant: "I5",
    breaking: { status: () => ({ commandsSeen: [] }) },
    schedule: [good, commandAt(7_000, "pause"), commandAt(8_000, "resume")],
  },
  {
    name: "turns the subset with every user to the old pods, instead of the one with none to the new",
    invariant: "I6",
    state: "SwappingLabels",
    breaking: {
      desired: (_, { run }) => ({ labels: { stable: run.spec.to.podLabels, canary: run.spec.from.podLabels } }),
    },
    schedule: [good],
  },
  {
    name: "takes the twin away once the stable subset names it",
    invariant: "I6",
    state: "SwappingWeight",
    breaking: twinGone,
    setting: late,
    schedule: [good],
  },
  {
    name: "takes the twin away while the old pods are kept",
    invariant: "I6",
    state: "Keeping",
    breaking: twinGone,
    setting: late,
    schedule: [good],
  },
  {
    name: "takes the twin away before users are back on the old pods",
    invariant: "I6",
    state: "Undoing",
    breaking: twinGone,
    setting: late,
    schedule: [good, commandAt(20_000, "undo")],
  },
  {
    name: "takes the Deployment for rolled out before it is",
    invariant: "I6",
    state: "Converging",
    breaking: { facts: ({ own }) => ({ own: { ...own, rolledOut: true } }) },
    schedule: [good],
  },
  {
    name: "takes the twin away before the stable subset selects the Deployment's pods",
    invariant: "I6",
    state: "Joining",
    breaking: twinGone,
    setting: late,
    schedule: [good],
  },
  {
    name: "lets go of the autoscaler with its floor raised",
    invariant: "I4",
    state: "Joining",
    breaking: {
      facts: () => ({ floorRestored: true }),
      desired: ({ floor }) => (floor === "restore" ? { floor: "leave" } : {}),
    },
    schedule: [good],
  },
  {
    name: "lets an autoscaler take the old version's pods away while they may be needed again",
    invariant: "I6",
    breaking: { desired: ({ floor }) => (floor === "raise" ? { floor: "leave" } : {}) },
    setting: { autoscaler: "acting" },
    schedule: [[0, { kind: "load", requestsPerSecond: 120 }], ship("v2", 8_000), commandAt(28_000, "pause")],
  },
  {
    name: "takes the twin away before the Service's own pods carry its users",
    invariant: "I6",
    state: "Releasing",
    breaking: twinGone,
    setting: late,
    schedule: [good, [20_000, { kind: "deleteRollout", policy: "Background", againAfterMs: undefined }]],
  },
  {
    name: "leaves the users where they are while it withdraws",
    invariant: "I1",
    state: "Withdrawing",
    breaking: { desired: () => ({ atMost: 100 }) },
    schedule: [bad],
  },
  {
    name: "does not record how it came to withdraw",
    invariant: "I7",
    state: "Withdrawing",
    breaking: { status: (_, { run }) => ({ transitions: run.status.transitions }) },
    schedule: [bad],
  },
  {
    name: "puts routes back while the twin is there",
    invariant: "I2",
    state: "Draining",
    breaking: {
      desired: ({ restore }, { twin }) => (restore === undefined && twin.pods > 0 ? { restore: "routes" } : {}),
    },
    setting: { endpointsMs: 300 },
    schedule: [good, commandAt(8_000, "abort")],
  },
  {
    name: "never takes the twin away",
    invariant: "I5",
    state: "Draining",
    breaking: { desired: ({ twin }) => (twin === "gone" ? { twin: { replicas: 1 } } : {}) },
    schedule: [good, commandAt(8_000, "abort")],
  },
  {
    name: "forgets how it found the routes",
    invariant: "I4",
    state: "Joining",
    breaking: {
      status: ({ status }) => (status.asFound === undefined ? {} : { asFound: { ...status.asFound, routes: [] } }),
    },
    schedule: [good],
  },
  {
    name: "does not say by whom it was aborted",
    invariant: "I7",
    breaking: {
      status: ({ status }) =>
        status.end === undefined ? {} : { end: { reason: status.end.reason, message: status.end.message } },
    },
    schedule: [good, commandAt(8_000, "abort")],
  },
];

/** A line for each, for people. */
export function listed(): string {
  const rows = VARIANTS.map(({ invariant, state, name, schedule }) => {
    const kinds = schedule.map((one) => (typeof one === "string" ? one : one[1].kind));
    return `  ${invariant}  ${(state ?? "any state").padEnd(14)}  ${name}  (${[...new Set(kinds)].join(", ")})`;
  });
  return rows.toSorted().join("\n");
}

/** The same as rows of the table in docs/safety.md. */
export function listedRows(): string[] {
  return VARIANTS.map(
    ({ invariant, state, name }) => `| ${invariant.slice(1)} | ${state ?? "any"} | ${name} |`,
  ).toSorted();
}
