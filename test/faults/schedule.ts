import fc from "fast-check";
import { VERBS, type Verb } from "../../src/api/phase.ts";
import type { DeleteOptions } from "../../src/kube/port.ts";
import type { PrometheusMode } from "../../src/sim/prometheus.ts";
import { SPEC_STATES, type SpecState } from "./rollout-spec.ts";
import { POLICY_STATES, type PolicyState } from "./policies.ts";

export type PropagationPolicy = NonNullable<DeleteOptions["propagationPolicy"]>;

/** The cluster that a schedule begins in. */
export interface Setting {
  hold: "policy" | "none";
  form: "plain" | "split";
  /** "acting": it scales the Deployment by its load; "idle": it only has a floor. */
  autoscaler: "acting" | "idle" | "none";
  /** From a write until every proxy knows of it; each is below the settle time of a second, which is what that time is for. */
  routesMs: number;
  rulesMs: number;
  endpointsMs: number;
  seed: number;
}

export const API_FAULTS = ["conflict", "error500", "busy", "slow", "lost", "late"] as const;
export type ApiFault = (typeof API_FAULTS)[number];

/** One thing that happens to the cluster, after a wait. */
export type Action =
  | { kind: "ship"; tag: string }
  | { kind: "command"; verb: Verb; step?: string }
  /** The controller dies at its `call`th API call from now, and another one comes `downMs` later. */
  | { kind: "crash"; call: number; when: "before" | "after"; downMs: number }
  /** It dies with a write on its way, the first from its `call`th API call on, which the server carries out `lateMs` after that. */
  | { kind: "lateWrite"; call: number; lateMs: number; downMs: number }
  | { kind: "apiFault"; fault: ApiFault; fraction: number; forMs: number }
  | { kind: "breakWatches"; how: "closed" | "cut" }
  | { kind: "delayWatches"; delayMs: number; forMs: number }
  | { kind: "prometheus"; mode: PrometheusMode; forMs: number }
  | { kind: "clockJump"; byMs: number }
  | { kind: "editWeight"; canary: number }
  | { kind: "editLabels"; subset: "stable" | "canary"; labels: "service" | "nobody" }
  | { kind: "editTimeout"; seconds: number }
  | { kind: "revertRoute" }
  | { kind: "deleteRoute" }
  | { kind: "revertRule" }
  | { kind: "deleteRule" }
  /** As `kubectl rollout resume` says it: where nothing but a pause holds the Deployment, the hold is broken. */
  | { kind: "resume" }
  | { kind: "scale"; replicas: number }
  | { kind: "load"; requestsPerSecond: number }
  | { kind: "deleteTwin" }
  | { kind: "scaleTwin"; replicas: number }
  | { kind: "unready"; forMs: number }
  | { kind: "suspend"; on: boolean }
  | { kind: "editSpec"; becomes: SpecState }
  | { kind: "policy"; becomes: PolicyState }
  | { kind: "deleteOwn"; policy: Exclude<PropagationPolicy, "Orphan">; againAfterMs: number }
  | { kind: "deleteRun"; policy: PropagationPolicy }
  | { kind: "deleteRollout"; policy: PropagationPolicy; againAfterMs: number | undefined };

export interface Timed {
  waitMs: number;
  action: Action;
}

export interface Schedule {
  setting: Setting;
  actions: readonly Timed[];
}

/** Versions, by what their pods do; an older one may come back. */
const TAGS = ["v1", "v2", "v3", "v4", "v5-errors50", "v6-slow50", "v7-crash", "v8-neverready"] as const;
const STEPS = ["first", "all", "no-such-step", undefined] as const;
const MODES: readonly PrometheusMode[] = ["down", "slow", "html", "nan", "empty", "frozen"];
const POLICIES: readonly PropagationPolicy[] = ["Background", "Foreground", "Orphan"];

const ms = (min: number, max: number) => fc.integer({ min: min / 100, max: max / 100 }).map((tenths) => tenths * 100);
const forMs = ms(500, 15_000);

const anAction: Record<Action["kind"], { weight: number; arbitrary: fc.Arbitrary<Action> }> = {
  ship: { weight: 8, arbitrary: fc.constantFrom(...TAGS).map((tag) => ({ kind: "ship", tag })) },
  command: {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...VERBS), fc.constantFrom(...STEPS))
      .map(([verb, step]) => ({ kind: "command", verb, ...(step === undefined ? {} : { step }) })),
  },
  crash: {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("crash"),
      call: fc.integer({ min: 1, max: 30 }),
      when: fc.constantFrom("before", "after"),
      downMs: ms(100, 8_000),
    }),
  },
  lateWrite: {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("lateWrite"),
      call: fc.integer({ min: 1, max: 30 }),
      lateMs: ms(100, 8_000),
      downMs: ms(100, 4_000),
    }),
  },
  apiFault: {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("apiFault"),
      fault: fc.constantFrom(...API_FAULTS),
      fraction: fc.constantFrom(0.2, 0.5, 1),
      forMs,
    }),
  },
  breakWatches: {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("breakWatches"), how: fc.constantFrom("closed", "cut") }),
  },
  delayWatches: {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("delayWatches"), delayMs: ms(200, 5_000), forMs }),
  },
  prometheus: {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("prometheus"), mode: fc.constantFrom(...MODES), forMs }),
  },
  clockJump: {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("clockJump"), byMs: fc.integer({ min: -120_000, max: 120_000 }) }),
  },
  editWeight: {
    weight: 3,
    arbitrary: fc.constantFrom(0, 5, 30, 90, 100).map((canary) => ({ kind: "editWeight", canary })),
  },
  editLabels: {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("editLabels"),
      subset: fc.constantFrom("stable", "canary"),
      labels: fc.constantFrom("service", "nobody"),
    }),
  },
  editTimeout: {
    weight: 1,
    arbitrary: fc.integer({ min: 5, max: 30 }).map((seconds) => ({ kind: "editTimeout", seconds })),
  },
  revertRoute: { weight: 1, arbitrary: fc.constant({ kind: "revertRoute" }) },
  deleteRoute: { weight: 1, arbitrary: fc.constant({ kind: "deleteRoute" }) },
  revertRule: { weight: 1, arbitrary: fc.constant({ kind: "revertRule" }) },
  deleteRule: { weight: 1, arbitrary: fc.constant({ kind: "deleteRule" }) },
  resume: { weight: 2, arbitrary: fc.constant({ kind: "resume" }) },
  scale: {
    weight: 2,
    arbitrary: fc.integer({ min: 3, max: 7 }).map((replicas) => ({ kind: "scale", replicas })),
  },
  load: {
    weight: 2,
    arbitrary: fc.constantFrom(30, 60, 120).map((requestsPerSecond) => ({ kind: "load", requestsPerSecond })),
  },
  deleteTwin: { weight: 1, arbitrary: fc.constant({ kind: "deleteTwin" }) },
  scaleTwin: {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 5 }).map((replicas) => ({ kind: "scaleTwin", replicas })),
  },
  unready: { weight: 2, arbitrary: forMs.map((howLongMs) => ({ kind: "unready", forMs: howLongMs })) },
  policy: {
    weight: 2,
    arbitrary: fc.constantFrom(...POLICY_STATES).map((becomes) => ({ kind: "policy", becomes })),
  },
  editSpec: {
    weight: 1,
    arbitrary: fc.constantFrom(...SPEC_STATES).map((becomes) => ({ kind: "editSpec", becomes })),
  },
  suspend: { weight: 1, arbitrary: fc.boolean().map((on) => ({ kind: "suspend", on })) },
  deleteOwn: {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("deleteOwn"),
      policy: fc.constantFrom("Background", "Foreground"),
      againAfterMs: ms(500, 10_000),
    }),
  },
  deleteRun: {
    weight: 1,
    arbitrary: fc.constantFrom(...POLICIES).map((policy) => ({ kind: "deleteRun", policy })),
  },
  deleteRollout: {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("deleteRollout"),
      policy: fc.constantFrom(...POLICIES),
      againAfterMs: fc.option(ms(500, 20_000), { nil: undefined }),
    }),
  },
};

export const ACTION_KINDS = Object.keys(anAction) as Action["kind"][];

const setting = fc.record<Setting>({
  hold: fc.constantFrom("policy", "none"),
  form: fc.constantFrom("plain", "split"),
  autoscaler: fc.constantFrom("acting", "idle", "none"),
  routesMs: ms(0, 700),
  rulesMs: ms(0, 700),
  endpointsMs: ms(0, 300),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

/** Random schedules of these kinds of action. Each begins with a new image, so that there is something to disturb. */
export function schedules(kinds: readonly Action["kind"][] = ACTION_KINDS, most = 10): fc.Arbitrary<Schedule> {
  const action = fc.oneof(...kinds.map((kind) => anAction[kind]));
  const timed = fc.record<Timed>({ waitMs: fc.oneof(ms(0, 2_000), ms(0, 12_000)), action });
  const first = fc.constantFrom("v2", "v2", "v5-errors50").map<Timed>((tag) => ({
    waitMs: 0,
    action: { kind: "ship", tag },
  }));
  return fc
    .tuple(setting, first, fc.array(timed, { minLength: 1, maxLength: most }))
    .map(([where, begin, rest]) => ({ setting: where, actions: [begin, ...rest] }));
}

const PLAIN: Setting = {
  hold: "policy",
  form: "plain",
  autoscaler: "idle",
  routesMs: 0,
  rulesMs: 0,
  endpointsMs: 0,
  seed: 1,
};

/** What was wrong once, the cluster where that was not like `at` has it, and the schedule that showed it. */
export type Found = readonly [string, Partial<Setting>, readonly (readonly [atMs: number, action: Action])[]];

/** A schedule by the time of each action, in a cluster whose proxies hear of everything at once, but for what `where` says. */
export function at(
  actions: readonly (readonly [atMs: number, action: Action])[],
  where: Partial<Setting> = {},
): Schedule {
  let lastMs = 0;
  const timed = actions.map(([atMs, action]) => {
    const waitMs = atMs - lastMs;
    lastMs = atMs;
    return { waitMs, action };
  });
  return { setting: { ...PLAIN, ...where }, actions: timed };
}

/** The schedule as a list that a person can follow. */
export function told({ setting: where, actions }: Schedule): string {
  let atMs = 0;
  const lines = actions.map(({ waitMs, action }) => {
    atMs += waitMs;
    const { kind, ...rest } = action;
    return `  at ${(atMs / 1000).toFixed(1).padStart(5)} s  ${kind} ${JSON.stringify(rest)}`;
  });
  return [`  ${JSON.stringify(where)}`, ...lines].join("\n");
}
