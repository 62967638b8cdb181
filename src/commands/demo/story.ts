import { isFinal } from "../../api/phase.ts";
import { API_VERSION } from "../../api/metadata.ts";
import { startController } from "../../controller/controller.ts";
import { rollouts } from "../../controller/resources.ts";
import { silentTelemetry } from "../../controller/telemetry.ts";
import { silentLog } from "../../kube/log.ts";
import type { KubeObject } from "../../kube/port.ts";
import { deployments } from "../../kube/resources.ts";
import { createManualClock } from "../../manual-clock.ts";
import { imageTag } from "../../sim/behaviour.ts";
import { seededRandom } from "../../sim/random.ts";
import { createSim, type Sim } from "../../sim/sim.ts";
import type { ActResult, Happening, Outcome } from "./happening.ts";
import { judge } from "./outcome.ts";
import { createTrafficMeter, type TrafficMeter } from "./traffic-meter.ts";
import {
  EVENTS,
  NAME,
  NAMESPACE,
  readRun,
  type Run,
  RUNS,
  runNumber,
  sharesInForce,
  virtualServiceSpec,
} from "./world.ts";

/** One version that is shipped, and what becomes of it. */
export interface Act {
  ordinal: number;
  image: string;
  version: string;
  /** The version that users are on before. */
  before: string;
  /** What a person types to ship it. */
  command: string;
  shippedMs: number;
  endedMs?: number;
  /** The numbers that decided against it, as they were then. */
  breach?: ActResult["evidence"];
  peakPercent: number;
}

export interface Story {
  readonly sim: Sim;
  readonly meter: TrafficMeter;
  readonly happenings: readonly Happening[];
  /** The act that is being played, or was played last; undefined before the first. */
  act(): Act | undefined;
  /** The run of that act, once there is one. */
  run(): Run | undefined;
  /** Simulated time since the beginning. */
  elapsedMs(): number;
  /** Moves the story on by TICK_MS of simulated time. False once it is over. */
  tick(): Promise<boolean>;
  onHappening(listener: (happening: Happening) => void): void;
  /** @throws Error while the story is not over */
  outcome(): Outcome;
  stop(): Promise<void>;
}

export const TICK_MS = 100;
export const BUCKET_MS = 2_000;
export const REQUESTS_PER_SECOND = 200;
/** A story that has no end by then never has one. */
const LIMIT_MS = 15 * 60_000;
const CALM_BEFORE_MS = 8_000;
const CALM_AFTER_MS = 6_000;

const rolloutSpec = {
  workload: { name: NAME },
  traffic: { settle: "2s", istio: { virtualServices: [{ name: NAME }] } },
  steps: [
    { name: "first", weight: 10, observe: "20s" },
    { name: "third", weight: 30, observe: "20s" },
  ],
  promotion: { ramp: [100], observe: "15s", keepPrevious: "10s" },
  rollback: { drainAfter: "3s" },
  analysis: { interval: "1s" },
};

/** Where a story may be told otherwise: the versions that are shipped, the good one first. */
export interface StoryOptions {
  images?: readonly [good: string, bad: string];
  seed?: number;
}

/** The real controller on a simulated cluster, mesh, users and Prometheus: the same every time. */
export async function createStory(options: StoryOptions = {}): Promise<Story> {
  const images = options.images ?? [`shop/${NAME}:v2`, `shop/${NAME}:v3-errors50`];
  const clock = createManualClock();
  const random = seededRandom(options.seed ?? 1);
  const sim = createSim({ clock, random });
  const happenings: Happening[] = [];
  const listeners = new Set<(happening: Happening) => void>();
  const stopping = new AbortController();
  const acts: Act[] = [];
  let nextActMs = CALM_BEFORE_MS;
  let meshGeneration = -1;
  let lastShares = "";
  let over = false;

  function happened(happening: Happening): void {
    happenings.push(happening);
    for (const listener of listeners) listener(happening);
  }

  await clock.advanceUntil(settled(sim.createShop(NAME)));
  await clock.advance(5_000);
  const spec = virtualServiceSpec(sim);
  const starting = startController({
    api: sim.as("sluice"),
    prometheus: { default: sim.prometheus },
    clock,
    random,
    log: silentLog,
    telemetry: silentTelemetry,
    identity: "demo",
    signal: stopping.signal,
  });
  await clock.advanceUntil(settled(starting), 60_000);
  const controller = await starting;
  const alice = sim.as("user:alice");

  const startMs = clock.now();
  const elapsedMs = () => clock.now() - startMs;
  const meter = createTrafficMeter({ startMs, bucketMs: BUCKET_MS });
  sim.users.onTraffic((traffic) => meter.add(traffic));
  sim.store.onChange(EVENTS, ({ type, object }) => {
    if (type === "ADDED") happened(eventOf(object, elapsedMs()));
  });
  sim.store.onChange(RUNS, ({ object, previous }) => {
    for (const transition of transitionsSince(object, previous, elapsedMs())) happened(transition);
    const act = acts.at(-1);
    const breach = act?.breach === undefined ? breachIn(object) : undefined;
    if (act !== undefined && breach !== undefined) act.breach = breach;
  });
  sim.users.start({ namespace: NAMESPACE, host: NAME, requestsPerSecond: REQUESTS_PER_SECOND });
  await alice.create(rollouts, {
    apiVersion: API_VERSION,
    kind: "Rollout",
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: rolloutSpec,
  });

  async function ship(image: string): Promise<void> {
    const version = imageTag(image);
    const act: Act = {
      ordinal: acts.length + 1,
      image,
      version,
      before: sharesInForce(sim)[0]?.versions[0] ?? "",
      command: `kubectl -n ${NAMESPACE} set image deployment/${NAME} app=${image}`,
      shippedMs: elapsedMs(),
      peakPercent: 0,
    };
    acts.push(act);
    happened({ type: "command", atMs: act.shippedMs, command: act.command });
    await alice.patch(
      deployments,
      { namespace: NAMESPACE, name: NAME },
      { type: "json", operations: [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: image }] },
      { fieldManager: "kubectl-set" },
    );
  }

  function watchWeights(): void {
    if (sim.mesh.generation() === meshGeneration) return;
    meshGeneration = sim.mesh.generation();
    const shares = sharesInForce(sim);
    const act = acts.at(-1);
    if (act !== undefined) {
      const percent = shares.reduce(
        (sum, { versions, percent: part }) => sum + (versions.includes(act.version) ? part : 0),
        0,
      );
      act.peakPercent = Math.max(act.peakPercent, percent);
    }
    const text = JSON.stringify(shares);
    if (text === lastShares) return;
    lastShares = text;
    happened({ type: "weights", atMs: elapsedMs(), shares });
  }

  /** Whose turn it is: the next version when the last one's fate is known and a while has passed. */
  async function direct(): Promise<void> {
    const act = acts.at(-1);
    const run = act && runNumber(sim, act.ordinal);
    if (act !== undefined && act.endedMs === undefined) {
      if (run === undefined || !isFinal(run.status.phase)) return;
      act.endedMs = elapsedMs();
      nextActMs = act.endedMs + CALM_AFTER_MS;
    }
    if (elapsedMs() < nextActMs) return;
    const image = images[acts.length];
    if (image === undefined) over = true;
    else await ship(image);
  }

  return {
    sim,
    meter,
    happenings,
    act: () => acts.at(-1),
    run: () => runNumber(sim, acts.length),
    elapsedMs,
    async tick() {
      if (over) return false;
      await clock.advance(TICK_MS);
      watchWeights();
      await direct();
      if (elapsedMs() > LIMIT_MS) over = true;
      return !over;
    },
    onHappening: (listener) => void listeners.add(listener),
    outcome() {
      if (!over) throw new Error("the story is not over");
      return judge({ sim, acts, wanted: images.length, startMs, nowMs: elapsedMs(), specBefore: spec });
    },
    async stop() {
      stopping.abort(new Error("the story is over"));
      sim.stop();
      await clock.advanceUntil(settled(controller.stop()), 60_000).catch(() => undefined);
    },
  };
}

/** Whether a promise has come to an end, good or bad. */
function settled(promise: Promise<unknown>): () => boolean {
  let done = false;
  const end = () => void (done = true);
  promise.then(end, end);
  return () => done;
}

function eventOf(object: KubeObject, atMs: number): Happening {
  const text = (field: string) => String(object[field] ?? "");
  const regarding = object["regarding"] as { name?: string } | undefined;
  const severity = object["type"] === "Warning" ? "Warning" : "Normal";
  return {
    type: "event",
    atMs,
    severity,
    reason: text("reason"),
    object: regarding?.name ?? "",
    message: text("note"),
  };
}

function transitionsSince(object: KubeObject, previous: KubeObject | undefined, atMs: number): Happening[] {
  const known = new Set(
    (previous && readRun(previous)?.status.transitions)?.map((transition) => JSON.stringify(transition)) ?? [],
  );
  return (readRun(object)?.status.transitions ?? [])
    .filter((transition) => !known.has(JSON.stringify(transition)))
    .map(({ from, to, event, message = "" }) => ({
      type: "transition",
      atMs,
      run: object.metadata.name,
      from,
      to,
      event,
      message,
    }));
}

function breachIn(object: KubeObject): ActResult["evidence"] {
  const breached = readRun(object)?.status.objectives.find(({ verdict }) => verdict === "breach");
  return breached?.evidence === undefined ? undefined : { objective: breached.name, ...breached.evidence };
}
