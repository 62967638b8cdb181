import { LABEL_ROLLOUT } from "../../src/api/metadata.ts";
import type { Phase } from "../../src/api/phase.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import { behaviourOfTag } from "../../src/sim/behaviour.ts";
import type { Traffic } from "../../src/sim/traffic-log.ts";
import { destinationsOf } from "./perform.ts";
import { tagOf, type Runs } from "./runs.ts";
import { ROUTE, SLICE_MS, type Stage } from "./stage.ts";
import type { Verdicts } from "./verdicts.ts";

const OWN = "checkout";
/** From here on the candidate's revision is vetted, and the own Deployment may run it. */
const OWN_FOLLOWS: readonly Phase[] = ["Converging", "Joining", "Promoted"];
/** Every user may be on the twin. */
const SWAPPED: readonly Phase[] = [
  "SwappingLabels",
  "SwappingWeight",
  "Keeping",
  "Converging",
  "Joining",
  "Releasing",
  "Undoing",
];
/** Requests to a bad version after which it must be known; everything has been well for so long then. */
const KNOWN_BAD = 50;
const REACTION_MS = 15_000;
/** From the last of these until the next scrape and reading have seen it, and the answer is written. */
const READ_MS = 3_000;
/** A tenth of a second in which a share is counted would say nothing. */
const WINDOW_MS = 2_000;

interface Slice {
  total: number;
  byWorkload: Map<string, number>;
  /** The largest share in percent that this slice's requests to a candidate may have had. */
  allowed: number;
}

/** What users may meet: promises 1, 2 and 6 of docs/safety.md, on every request. */
export function watchTraffic(stage: Stage, runs: Runs, verdicts: Verdicts): void {
  const { house, setting } = stage;
  const { sim, clock } = house;
  const lagMs = Math.max(setting.routesMs, setting.rulesMs) + setting.endpointsMs + 3 * SLICE_MS;
  const vetted = new Set(["v1"]);
  const exposed = new Set<string>();
  const over = new Map<string, number>();
  const settledOn = new Set<string>();
  const weights: { atMs: number; percent: number }[] = [{ atMs: 0, percent: 0 }];
  const window: Slice[] = [];
  let badRequests = 0;
  let knownAtMs = 0;
  let badRun = "";
  let swappedUntilMs = 0;

  runs.onWrite(({ name, spec, status, tag }, before) => {
    if (before === undefined) for (const set of [exposed, over, settledOn]) set.delete(name);
    const { phase, liveOnTwin = false } = status;
    if (phase === "Shifting") exposed.add(name);
    if (SWAPPED.includes(phase)) swappedUntilMs = clock.now() + lagMs;
    const released = phase === "Releasing" && status.transitions?.some(({ from }) => from === "Converging") === true;
    if (released || (OWN_FOLLOWS.includes(phase) && !liveOnTwin)) vetted.add(tag);
    // Once: a run that is over may be written again, as when it is orphaned, and the Deployment may be its user's own by then.
    if (phase === "Promoted" && before?.status.phase !== "Promoted" && !liveOnTwin) {
      vetted.clear();
      vetted.add(tag);
      addUnprotected(house.object("deployments.apps"));
      over.set(spec.to.workload, clock.now());
    }
    if (phase === "Promoted" && spec.from.workload !== spec.to.workload) over.set(spec.from.workload, clock.now());
    if (phase === "Promoted" && liveOnTwin) settledOn.add(spec.to.workload);
    if (["RolledBack", "Aborted", "Superseded"].includes(phase)) over.set(name, clock.now());
  });
  sim.store.onChange("deployments.apps", ({ object }) => {
    if (object.metadata.name !== OWN) return;
    addUnprotected(object);
    addBroughtIn(object);
  });
  sim.store.onChange(ROUTE, ({ type, object }) => {
    const canary = destinationsOf(object).find(({ destination }) => destination.subset === "canary");
    weights.push({ atMs: clock.now(), percent: type === "DELETED" ? 0 : (canary?.weight ?? 0) });
  });

  /** Nobody protects a Deployment without Sluice's mark, as one that was made again: what rolls out there is the user's own affair. */
  function addUnprotected(own: KubeObject | undefined): void {
    const marked = own?.metadata.annotations?.[LABEL_ROLLOUT] !== undefined;
    const paused = (own?.["spec"] as { paused?: boolean } | undefined)?.paused === true;
    if (own !== undefined && !marked && !paused) vetted.add(tagOf(own, "spec"));
  }

  /** A template that rolled out whole past a hold that somebody broke is what everybody is on, by their doing. */
  function addBroughtIn(own: KubeObject): void {
    if (stage.isHarmed("hold") && isWhole(own)) vetted.add(tagOf(own, "spec"));
  }

  /** The largest weight of the candidate that proxies may go by now. */
  function inForce(): number {
    const fromMs = clock.now() - lagMs;
    const before = weights.findLast(({ atMs }) => atMs <= fromMs);
    return Math.max(before?.percent ?? 0, ...weights.filter(({ atMs }) => atMs > fromMs).map(({ percent }) => percent));
  }

  function isOnTwin(workload: string): boolean {
    const active = runs.active();
    if (active?.spec.from.workload === workload && active.spec.from.track === "twin") return true;
    return settledOn.has(workload) && !(over.get(workload) ?? 0);
  }

  function judge(traffic: Traffic): void {
    const { workload, version, status, count } = traffic;
    if (workload === "") {
      if (!stage.isHarmed("routing", "pods", "hold"))
        verdicts.broken("I6", `requests failed with ${status}: nobody there to answer`);
      return;
    }
    if (status >= 500 && (behaviourOfTag(version).errorFraction ?? 0) === 0)
      verdicts.broken("I6", `${version}, which is good, answered ${status}`);
    if (stage.isHarmed("routing")) return;
    if (workload === OWN) {
      if (!vetted.has(version) && !stage.isHarmed("hold"))
        verdicts.broken("I2", `the own Deployment served ${version}, which no run had vetted`);
      return;
    }
    // With the live pods rolled away meanwhile, users are let to whatever the Service selects.
    if (isOnTwin(workload) || stage.isHarmed("hold")) return;
    if (!exposed.has(workload))
      verdicts.broken("I2", `${workload} (${version}) served users before its run gave it a share`);
    const overMs = over.get(workload);
    if (overMs !== undefined && clock.now() > overMs + lagMs)
      verdicts.broken("I2", `${workload} (${version}) served users after its run had ended`);
    const isBad = (behaviourOfTag(version).errorFraction ?? 0) > 0;
    if (!isBad) return;
    if (badRun !== workload) badRequests = 0;
    badRun = workload;
    badRequests += count;
    if (badRequests < KNOWN_BAD) knownAtMs = clock.now();
    const isDue = badRequests >= KNOWN_BAD && clock.now() > knownAtMs + READ_MS + lagMs;
    if (isDue && stage.health.wellForMs() > REACTION_MS && readable.forMs > REACTION_MS)
      verdicts.broken("I1", `${workload} (${version}) still met users after ${KNOWN_BAD} requests to it`);
  }

  const readable = { forMs: 0 };
  stage.onSlice(() => {
    readable.forMs = stage.prometheusMode === "up" ? readable.forMs + SLICE_MS : 0;
  });

  sim.users.onTraffic((traffic) => {
    for (const one of traffic) judge(one);
    countShares(traffic);
  });

  function countShares(traffic: readonly Traffic[]): void {
    const byWorkload = new Map<string, number>();
    for (const { workload, count } of traffic) byWorkload.set(workload, (byWorkload.get(workload) ?? 0) + count);
    const isFree = clock.now() < swappedUntilMs || SWAPPED.includes(runs.active()?.status.phase ?? "Preflight");
    const allowed = isFree || stage.isHarmed("routing", "hold") ? 100 : inForce();
    window.push({ total: traffic.reduce((sum, { count }) => sum + count, 0), byWorkload, allowed });
    if (window.length > WINDOW_MS / SLICE_MS) window.shift();
    const total = window.reduce((sum, slice) => sum + slice.total, 0);
    for (const workload of byWorkload.keys()) {
      if (workload === "" || workload === OWN || isOnTwin(workload)) continue;
      const met = window.reduce((sum, slice) => sum + (slice.byWorkload.get(workload) ?? 0), 0);
      const most = Math.max(...window.map((slice) => slice.allowed)) / 100;
      // Five sigma: once in some millions of windows.
      if (met > total * most + 5 * Math.sqrt(total * most * (1 - most)) + (most === 0 ? 0 : 3))
        verdicts.broken("I2", `${workload} met ${met} of ${total} requests, with at most ${most * 100} % due to it`);
    }
  }
}

/** Every pod of the Deployment is of its template, and ready. */
function isWhole(own: KubeObject): boolean {
  const { generation = 0 } = own.metadata;
  const { replicas: wanted = 1 } = (own["spec"] ?? {}) as { replicas?: number };
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
  } = (own["status"] ?? {}) as Partial<
    Record<"observedGeneration" | "replicas" | "updatedReplicas" | "availableReplicas", number>
  >;
  return (
    observedGeneration === generation &&
    [replicas, updatedReplicas, availableReplicas].every((count) => count === wanted)
  );
}
