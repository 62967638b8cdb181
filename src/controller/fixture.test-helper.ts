import { API_VERSION } from "../api/metadata.ts";
import { isFinal, type Phase, type Verb } from "../api/phase.ts";
import type { RolloutSpecInput } from "../api/rollout.ts";
import type { RolloutStatus, RunSpec, RunStatus } from "../api/run.ts";
import { silentLog, type Log } from "../kube/log.ts";
import type { KubeApi, KubeObject } from "../kube/port.ts";
import { deployments } from "../kube/resources.ts";
import type { Post } from "../notify/post.ts";
import { createManualClock, settle, type ManualClock } from "../manual-clock.ts";
import { seededRandom } from "../sim/random.ts";
import type { ShopOptions } from "../sim/shop.ts";
import { createSim, SLUICE_USER, type Sim, type SimOptions } from "../sim/sim.ts";
import { startController, type Controller } from "./controller.ts";
import { readRolloutStatus, readRun } from "./read.ts";
import { rolloutRuns, rollouts } from "./resources.ts";
import { silentTelemetry } from "./telemetry.ts";
import { watchVetting } from "./vetting.test-helper.ts";

export const NAMESPACE = "shop";
export const NAME = "checkout";
export const ref = { namespace: NAMESPACE, name: NAME };

/** One term of a controller. */
export interface Term {
  /** As if the process were killed: nothing more is written, nothing is finished. */
  crash(): void;
  /** As on SIGTERM. */
  stop(): Promise<void>;
}

export interface RunView {
  name: string;
  spec: RunSpec;
  status: RunStatus;
}

/** A shop with one service, its users, and a controller that looks after it. Time moves only where a test moves it. */
export interface House {
  clock: ManualClock;
  sim: Sim;
  /** Somebody with kubectl. */
  alice: KubeApi;
  /** `clockAheadMs`: how far its wall clock is ahead of everybody else's. */
  start(identity?: string, options?: { clockAheadMs?: number }): Promise<Term>;
  /** Users' requests a second from now on. */
  load(requestsPerSecond: number): void;
  /** Writes a new image into the Deployment, by its tag. */
  ship(tag: string): Promise<void>;
  /** Gives a command to the newest run; its id tells it apart. */
  command(verb: Verb, step?: string): Promise<string>;
  editRollout(change: (spec: Record<string, unknown>) => void): Promise<void>;
  object(resource: string, name?: string): KubeObject | undefined;
  rolloutStatus(): RolloutStatus;
  /** The run of this ordinal, or the newest. */
  run(ordinal?: number): RunView | undefined;
  phase(ordinal?: number): Phase | undefined;
  until(what: string, done: () => boolean, limitMs?: number): Promise<void>;
  untilPhase(phase: Phase, ordinal?: number, limitMs?: number): Promise<void>;
  /** Until the run has ended; gives how. */
  untilEnd(ordinal?: number, limitMs?: number): Promise<Phase>;
  /** Reasons of the Events about objects of this name, in order. */
  events(name: string): { reason: string; note: string; type: string }[];
  /** The Deployment, the route and the rule as their user knows them: without what servers and Sluice's own mark add. */
  userObjects(): string;
  /** Versions that answered users from `fromMs` on. */
  versionsSince(fromMs: number): string[];
  /** Every time that a user met a revision which was not vetted, in a sentence each. */
  unvetted(): string[];
}

export interface HouseOptions extends Partial<Omit<SimOptions, "clock" | "random">> {
  shop?: ShopOptions;
  /** Laid over the Rollout's spec. */
  spec?: Partial<RolloutSpecInput>;
  /** Routes split in Git, with a rule that defines both subsets. @default "plain" */
  form?: "plain" | "split";
  requestsPerSecond?: number;
  log?: Log;
  /** What receives messages to people. */
  post?: Post;
  seed?: number;
  /** Makes more of the world before the Rollout is there. */
  furnish?: (alice: KubeApi) => Promise<unknown>;
  /** @default true */
  withRollout?: boolean;
}

const quick: RolloutSpecInput = {
  workload: { name: NAME },
  traffic: { settle: "1s", istio: { virtualServices: [{ name: NAME }] } },
  steps: [{ name: "first", weight: 10, observe: "3s" }],
  promotion: { ramp: [100], observe: "3s", keepPrevious: "3s" },
  rollback: { drainAfter: "2s" },
  analysis: { interval: "1s", minRequests: 20, onInconclusive: { hold: "20s", then: "Pause" } },
  progressDeadline: "30s",
} as RolloutSpecInput;

export function rolloutObject(spec: Partial<RolloutSpecInput> = {}, name = NAME): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: "Rollout",
    metadata: { name, namespace: NAMESPACE },
    spec: { ...quick, ...spec } as Record<string, unknown>,
  };
}

const route = "virtualservices.networking.istio.io";
const rule = "destinationrules.networking.istio.io";

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const {
    shop,
    spec,
    form = "plain",
    requestsPerSecond = 60,
    log = silentLog,
    seed = 1,
    furnish,
    post,
    ...rest
  } = options;
  const { withRollout = true, ...simOptions } = rest;
  const clock = createManualClock(undefined, 1);
  const random = seededRandom(seed);
  const sim = createSim({
    clock,
    random,
    podTerminationMs: 500,
    podStartMs: 800,
    scrapeIntervalMs: 1_000,
    tickMs: 200,
    ...simOptions,
  });
  const alice = sim.as("user:alice");
  const unvetted = watchVetting(sim, NAME, "v1");
  await sim.createShop(NAME, { replicas: 4, deployment: { progressDeadlineSeconds: 20 }, ...shop });
  if (form === "split") await writeSplit(alice, sim);
  await furnish?.(alice);
  await clock.advance(3_000);
  const users = sim.users.start({ namespace: NAMESPACE, host: NAME, requestsPerSecond });
  await clock.advance(2_500);
  let commands = 0;

  const object: House["object"] = (resource, name = NAME) => sim.store.get(resource, { namespace: NAMESPACE, name });
  const house: House = {
    clock,
    sim,
    alice,
    async start(identity = "first", { clockAheadMs = 0 } = {}) {
      const leading = new AbortController();
      let controller: Controller | undefined;
      const starting = startController({
        api: sim.as("sluice"),
        prometheus: { default: sim.prometheus },
        clock: { ...clock, now: () => clock.now() + clockAheadMs },
        random,
        log,
        telemetry: silentTelemetry,
        identity,
        ...(post === undefined ? {} : { post }),
        signal: leading.signal,
      }).then((started) => {
        controller = started;
      });
      starting.catch(() => {});
      await house.until("the controller has started", () => controller !== undefined, 60_000);
      return {
        crash() {
          leading.abort();
          controller?.stop().catch(() => {});
        },
        async stop() {
          await controller?.stop();
          leading.abort();
        },
      };
    },
    load: (rate) => users.setRate(rate),
    async ship(tag) {
      const path = "/spec/template/spec/containers/0/image";
      const operations = [{ op: "replace" as const, path, value: `shop/${NAME}:${tag}` }];
      await alice.patch(deployments, ref, { type: "json", operations });
    },
    async command(verb, step) {
      const run = house.run();
      if (run === undefined) throw new Error("there is no run to command");
      const id = `${verb}-${++commands}`;
      const value = { id, verb, by: "alice", ...(step === undefined ? {} : { step }) };
      const live = await alice.get(rolloutRuns, { namespace: NAMESPACE, name: run.name });
      const before = (live["spec"] as { commands?: unknown[] }).commands ?? [];
      const patch = { spec: { commands: [...before, value] } };
      await alice.patch(rolloutRuns, { namespace: NAMESPACE, name: run.name }, { type: "merge", patch });
      return id;
    },
    async editRollout(change) {
      const live = await alice.get(rollouts, ref);
      const next = structuredClone(live["spec"]) as Record<string, unknown>;
      change(next);
      await alice.replace(rollouts, { ...live, spec: next });
    },
    object,
    rolloutStatus: () => readRolloutStatus(object("rollouts.sluice.dev") ?? rolloutObject()),
    run: (ordinal) => runsIn(sim).find((run) => ordinal === undefined || run.spec.ordinal === ordinal),
    phase: (ordinal) => house.run(ordinal)?.status.phase,
    async until(what, done, limitMs = 120_000) {
      try {
        await clock.advanceUntil(done, limitMs);
      } catch {
        const runs = runsIn(sim).map(
          ({ name, status }) => `${name} ${status.phase} ${JSON.stringify(status.stalled ?? "")}`,
        );
        throw new Error(`never came to pass: ${what}; ${runs.join(", ")}; ${house.rolloutStatus().message}`);
      }
      await settle();
    },
    untilPhase: (phase, ordinal, limitMs) =>
      house.until(`run ${ordinal ?? ""} in ${phase}`, () => house.phase(ordinal) === phase, limitMs),
    async untilEnd(ordinal = 1, limitMs) {
      await house.until(`run ${ordinal} has ended`, () => isFinal(house.phase(ordinal) ?? "Preflight"), limitMs);
      return house.phase(ordinal) ?? "Preflight";
    },
    events: (name) =>
      sim.store
        .list("events.events.k8s.io", NAMESPACE)
        .map(
          (event) =>
            event as unknown as {
              reason: string;
              note: string;
              type: string;
              eventTime: string;
              regarding: { name: string };
            },
        )
        .filter((event) => event.regarding.name === name)
        .toSorted((a, b) => a.eventTime.localeCompare(b.eventTime))
        .map(({ reason, note, type }) => ({ reason, note, type })),
    userObjects: () =>
      JSON.stringify([object("deployments.apps"), object(route), object(rule)].map(asTheirUserKnowsIt), null, 1),
    versionsSince: (fromMs) => Object.keys(sim.users.summary({ fromMs }).byVersion).toSorted(),
    unvetted,
  };
  if (withRollout) {
    await alice.create(rollouts, rolloutObject(spec));
  }
  return house;
}

/** With a controller that has taken the Deployment under protection. */
export async function openKeptHouse(options: HouseOptions = {}): Promise<House & { term: Term }> {
  const house = await openHouse(options);
  const term = await house.start();
  await house.until("the Deployment is adopted", () => house.rolloutStatus().phase === "Healthy");
  return Object.assign(house, { term });
}

/** Only what Sluice's own account asks of the API. */
export const isSluice = (call: { user: string }): boolean => call.user === SLUICE_USER;

function runsIn(sim: Sim): RunView[] {
  return sim.store
    .list("rolloutruns.sluice.dev", NAMESPACE)
    .flatMap((run) => readRun(run) ?? [])
    .toSorted((a, b) => b.spec.ordinal - a.spec.ordinal);
}

function asTheirUserKnowsIt(object: KubeObject | undefined): unknown {
  if (object === undefined) return undefined;
  const { managedFields: _, resourceVersion: __, generation: ___, annotations = {}, ...metadata } = object.metadata;
  const { "sluice.dev/rollout": ____, "deployment.kubernetes.io/revision": _____, ...kept } = annotations;
  return { metadata, annotations: kept, spec: object["spec"] };
}

async function writeSplit(alice: KubeApi, sim: Sim): Promise<void> {
  const { virtualServices, destinationRules } = await import("../sim/kinds.ts");
  await alice.create(destinationRules, {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { ...ref, labels: { team: "checkout" } },
    spec: {
      host: NAME,
      trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } },
      subsets: [
        { name: "stable", labels: { app: NAME } },
        { name: "canary", labels: { app: NAME } },
      ],
    },
  });
  const found = sim.store.get(route, ref);
  if (found === undefined) throw new Error("the shop has no route");
  const http = [
    {
      name: "main",
      route: [
        { destination: { host: NAME, subset: "stable" }, weight: 100 },
        { destination: { host: NAME, subset: "canary" }, weight: 0 },
      ],
      timeout: "5s",
    },
  ];
  await alice.replace(virtualServices, { ...found, spec: { hosts: [NAME], http } });
}
