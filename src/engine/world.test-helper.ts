import type { RunSpec, RunStatus } from "../api/run.ts";
import { runStatusSchema } from "../api/run.ts";
import { isFinal, type Phase } from "../api/phase.ts";
import { decide, type Decision } from "./decide.ts";
import type { Desired } from "./desired.ts";
import type { Labels, RunFacts } from "./facts.ts";
import { AS_FOUND, LIVE_PODS, NOW, SELECTOR, SIZE, SPEC, TWIN_PODS, verdictOf } from "./facts.test-helper.ts";
import { msOf } from "./memory.ts";
import { stepAt } from "./plan.ts";
import { sameLabels } from "./world.ts";

const TICK_MS = 5000;
const NEW_OWN_PODS: Labels = { ...SELECTOR, "pod-template-hash": "new" };
const STRAY_PODS: Labels = { ...SELECTOR, "pod-template-hash": "stray" };

/** A cluster, a mesh and a Prometheus that fit on a page: each tick does a bit of what was asked, as the real ones do. */
export interface World {
  nowMs: number;
  status: RunStatus;
  commands: RunSpec["commands"];
  deleting: boolean;
  suspend: boolean;
  hold: "policy" | "pause";
  template: RunFacts["own"]["template"];
  own: { live: number; fresh: number; stray: number; paused: boolean };
  twin: { exists: boolean; replicas: number; pods: number };
  routes: { form: "plain" | "split"; weight: number; sinceMs: number };
  rule: { stable: Labels; canary: Labels; sinceMs: number };
  /** What the numbers say of the candidate. */
  candidate: "good" | "bad" | "silent";
  /** Its pods become ready. */
  startable: boolean;
  /** Until when a write that got no answer may be carried out. */
  lateUntilMs: number;
  /** What was asked for, tick by tick. */
  trace: { phase: Phase; step: number; desired: Desired; weight: number; users: Exposure }[];
}

interface Exposure {
  /** Percent of the users that meet pods of a template that is not vetted (yet). */
  unvetted: number;
  /** Percent of the users that find nobody. */
  lost: number;
}

export function newWorld(over: Partial<World> = {}): World {
  return {
    nowMs: NOW,
    status: runStatusSchema.parse({}),
    commands: [],
    deleting: false,
    suspend: false,
    hold: "policy",
    template: "candidate",
    own: { live: SIZE, fresh: 0, stray: 0, paused: true },
    twin: { exists: false, replicas: 0, pods: 0 },
    routes: { form: "plain", weight: 0, sinceMs: NOW },
    rule: { stable: SELECTOR, canary: SELECTOR, sinceMs: NOW },
    candidate: "good",
    startable: true,
    lateUntilMs: NOW,
    trace: [],
    ...over,
  };
}

const selects = (labels: Labels, pods: Labels) => Object.entries(labels).every(([key, value]) => pods[key] === value);

/** Whom users meet through the routes as they are. From the swap on the candidate counts as vetted. */
export function exposure(world: World, vetted: boolean): Exposure {
  const { own, twin, routes, rule } = world;
  const pods: { labels: Labels; count: number; vetted: boolean }[] = [
    { labels: LIVE_PODS, count: own.live, vetted: true },
    { labels: NEW_OWN_PODS, count: own.fresh, vetted },
    { labels: STRAY_PODS, count: own.stray, vetted: false },
    { labels: TWIN_PODS, count: twin.pods, vetted },
  ];
  const shares: [Labels, number][] =
    routes.form === "plain"
      ? [[SELECTOR, 100]]
      : [
          [rule.stable, 100 - routes.weight],
          [rule.canary, routes.weight],
        ];
  const seen: Exposure = { unvetted: 0, lost: 0 };
  for (const [labels, share] of shares) {
    const behind = pods.filter((some) => some.count > 0 && selects(labels, some.labels));
    const total = behind.reduce((sum, some) => sum + some.count, 0);
    const bad = behind.filter((some) => !some.vetted).reduce((sum, some) => sum + some.count, 0);
    if (share > 0 && total === 0) seen.lost += share;
    else if (share > 0) seen.unvetted += (share * bad) / total;
  }
  return seen;
}

function factsIn(world: World): RunFacts {
  const { nowMs, own, twin, routes, rule, status } = world;
  const forMs = (sinceMs: number) => nowMs - sinceMs;
  const untouched = sameLabels(rule.stable, SELECTOR) && sameLabels(rule.canary, SELECTOR);
  const appliedMs = msOf(status.appliedAt) ?? nowMs;
  const over = nowMs >= appliedMs + stepAt(SPEC.plan, status.step).observeMs;
  const judged = {
    good: over ? verdictOf("pass") : undefined,
    bad: routes.weight > 0 ? verdictOf("breach") : undefined,
  };
  const still = verdictOf("inconclusive", { missing: world.candidate === "silent" ? "data" : "time" });
  const verdict = (world.candidate === "silent" ? undefined : judged[world.candidate]) ?? still;
  return {
    nowMs,
    run: { name: "checkout-1", spec: { ...SPEC, commands: world.commands }, status, deleting: false },
    rollout: { deleting: world.deleting, suspend: world.suspend },
    hold: world.hold,
    own: {
      template: world.template,
      paused: own.paused,
      pauseObserved: own.paused,
      replicas: SIZE,
      liveAvailable: own.live,
      vettedAvailable: own.live + own.fresh,
      oneActive: [own.live, own.fresh, own.stray].filter((pods) => pods > 0).length === 1,
      strayPods: own.stray,
      unvettedPods: own.stray,
      onlyCandidate: own.fresh === SIZE && own.live === 0,
      rolledOut: own.fresh === SIZE && own.live === 0,
      liveLost: false,
    },
    twin: {
      ...twin,
      edited: false,
      available: twin.pods,
      full: twin.pods === twin.replicas,
      availableForMs: Number.MAX_SAFE_INTEGER,
      leavingForMs: Number.MAX_SAFE_INTEGER,
      podsLeaving: twin.exists ? 0 : twin.pods,
    },
    previousTwin: undefined,
    olderTwins: { exist: false, pods: 0 },
    routing: {
      problems: [],
      form: routes.form,
      maxWeight: routes.weight,
      minWeight: routes.weight,
      stable: rule.stable,
      canary: rule.canary,
      routesRestored: routes.form === "plain",
      ruleRestored: untouched,
      routesForMs: forMs(routes.sinceMs),
      labelsForMs: forMs(rule.sinceMs),
      withdrawMarked: false,
      lastWriter: "somebody",
    },
    selector: SELECTOR,
    asFoundNow: AS_FOUND,
    floorRestored: true,
    preflight: [],
    window: { kind: "open" },
    evidence: {
      epoch: status.epoch,
      looked: true,
      replayed: true,
      verdicts: [verdict],
      split: forMs(routes.sinceMs) >= TICK_MS ? "applied" : "notYet",
      candidate: routes.weight > 0 ? { kind: "busy", forMs: 0 } : { kind: "quiet", forMs: forMs(routes.sinceMs) },
    },
    lateWritesForMs: Math.max(0, world.lateUntilMs - world.nowMs),
    identity: "sluice-0",
  };
}

function reroute(world: World, form: "plain" | "split", weight: number): void {
  const { routes } = world;
  if (routes.form !== form || routes.weight !== weight) world.routes = { form, weight, sinceMs: world.nowMs };
}

function relabel(world: World, stable: Labels, canary: Labels): void {
  const { rule } = world;
  if (!sameLabels(rule.stable, stable) || !sameLabels(rule.canary, canary))
    world.rule = { stable, canary, sinceMs: world.nowMs };
}

/** In the order of the controller: down first, then labels, weight, what is put back, then pods. */
function act(world: World, desired: Desired): void {
  if (world.routes.weight > desired.atMost) reroute(world, world.routes.form, desired.atMost);
  if (desired.labels !== undefined) relabel(world, desired.labels.stable, desired.labels.canary);
  if (desired.weight !== undefined) reroute(world, "split", desired.weight);
  if (desired.restore === "routes") reroute(world, "plain", 0);
  if (desired.restore === "rule") relabel(world, SELECTOR, SELECTOR);
  if (desired.own !== "leave") world.own.paused = desired.own === "pause";
  if (desired.strays !== "leave") world.own.stray = 0;
  if (desired.twin === "gone") world.twin = { ...world.twin, exists: false, replicas: 0 };
  else if (desired.twin !== undefined) world.twin = { ...world.twin, exists: true, replicas: desired.twin.replicas };
}

/** What deployment controllers and kubelets do meanwhile. */
function live(world: World): void {
  const { own, twin } = world;
  if (twin.pods > twin.replicas) twin.pods -= 1;
  else if (twin.pods < twin.replicas && world.startable) twin.pods += 1;
  if (own.paused || world.template !== "candidate" || own.fresh === SIZE) return;
  own.fresh += 1;
  own.live = Math.max(0, own.live - 1);
}

const AFTER_SWAP: readonly Phase[] = [
  "SwappingLabels",
  "SwappingWeight",
  "Keeping",
  "Converging",
  "Joining",
  "Releasing",
  "Promoted",
];

/** One pass of the controller, and five seconds of everybody else. */
export function tick(world: World): Decision {
  const decision = decide(factsIn(world));
  const { status, desired } = decision;
  world.status = status;
  act(world, desired);
  const vetted =
    AFTER_SWAP.includes(status.phase) || (isFinal(status.phase) && world.trace.at(-1)?.phase === "Releasing");
  world.trace.push({
    phase: status.phase,
    step: status.step,
    desired,
    weight: world.routes.weight,
    users: exposure(world, vetted),
  });
  live(world);
  world.nowMs += TICK_MS;
  return decision;
}

/** Ticks until `done`, at most for as long as two hours; gives the phases in the order in which they were entered. */
export function runUntil(
  world: World,
  done: (world: World) => boolean = ({ status }) => isFinal(status.phase),
): Phase[] {
  for (let ticks = 0; ticks < 1440 && !done(world); ticks++) tick(world);
  return world.trace.map(({ phase }) => phase).filter((phase, i, all) => phase !== all[i - 1]);
}
