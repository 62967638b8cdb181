import { perObject } from "../api/per-object.ts";
import { type Behaviour, imageTag } from "./behaviour.ts";
import type { Counters } from "./counters.ts";
import { resolveHost } from "./hosts.ts";
import { destinationSide, envoySide, sourceSide, workloadOf } from "./labels.ts";
import type { Backend, Mesh } from "./mesh.ts";
import type { RequestShape } from "./mesh-routes.ts";
import { logNormal, type Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";
import { summarize, type Summary, type Traffic } from "./traffic-log.ts";
import type { Pod } from "./workload-types.ts";

export interface LoadOptions {
  /** "checkout" with a namespace, or a full host. */
  host: string;
  namespace?: string;
  requestsPerSecond: number;
  path?: string;
  headers?: Record<string, string>;
  /** "namespace/name" of a Gateway. @default "mesh": callers inside the mesh */
  gateway?: string;
}

/** Users that come whether or not they are answered. */
export interface Load {
  setRate(requestsPerSecond: number): void;
  stop(): void;
}

export interface Users {
  start(options: LoadOptions): Load;
  /** Every request so far, equal ones of one tick together; in order of time. */
  readonly log: readonly Traffic[];
  /** What users saw from a time on, up to but not including another. Milliseconds since the epoch. */
  summary(range?: { fromMs?: number; toMs?: number; host?: string }): Summary;
  /** Told of each tick's requests. */
  onTraffic(listener: (traffic: readonly Traffic[]) => void): () => void;
}

export interface UsersContext {
  mesh: Mesh;
  counters: Counters;
  timeline: Timeline;
  random: Random;
  behaviour: (pod: Pod) => Behaviour;
  /** Whether a pod still runs: the mesh may know it longer than it lives. */
  isAlive: (pod: Pod) => boolean;
  tickMs: number;
  /** How callers' proxies label what they count: with Istio's filter, or as a stock Envoy. */
  sourceLabels: "istio" | "envoy";
}

const SOURCE = "load";
const SIGMA = 0.35;

/** What is told of a pod with each request to it. Stored pods are never changed in place. */
const described = perObject((pod: Pod) => ({
  tag: imageTag(pod.spec.containers[0]?.image),
  workload: workloadOf(pod),
  source: `${workloadOf(pod)} ${pod.metadata.labels?.["version"]}`,
}));

interface ActiveLoad {
  shape: RequestShape;
  requestsPerSecond: number;
  /** Requests that are owed, less than one after each tick. */
  owed: number;
}

export function startUsers(context: UsersContext): Users {
  const { mesh, counters, timeline, random, tickMs } = context;
  const loads = new Set<ActiveLoad>();
  const log: Traffic[] = [];
  const listeners = new Set<(traffic: readonly Traffic[]) => void>();
  let ticking = false;

  function pick(backends: readonly Backend[]): Backend {
    let left = random();
    for (const backend of backends) {
      left -= backend.share;
      if (left < 0) return backend;
    }
    return backends.at(-1) as Backend;
  }

  /** One request's fate; what proxies count of it is counted. */
  function request(
    backends: readonly Backend[],
    behaviours: Map<Pod, Behaviour>,
  ): Omit<Traffic, "timeMs" | "count" | "host"> {
    const backend = pick(backends);
    const { host, subset, pods, failure } = backend;
    const pod = pods[Math.floor(random() * pods.length)];
    const isLost = pod === undefined || !context.isAlive(pod);
    if (isLost) {
      const flags = failure ?? "UF";
      const status = flags === "NR" ? 404 : 503;
      countSource(host, subset, undefined, status, flags, 1);
      return { status, version: "", podName: "", workload: "", durationMs: 1 };
    }
    let behaviour = behaviours.get(pod);
    if (!behaviour) behaviours.set(pod, (behaviour = context.behaviour(pod)));
    const status = random() < behaviour.errorFraction ? 500 : 200;
    const median = random() < behaviour.slowFraction ? behaviour.slowMs : behaviour.latencyMs;
    const durationMs = logNormal(random, median, median === behaviour.slowMs ? SIGMA / 5 : SIGMA);
    const uid = pod.metadata.uid ?? "";
    const cell = counters.cell(uid, `${host} ${status}`, () => destinationSide(host, pod, SOURCE, status));
    counters.record(cell, durationMs);
    countSource(host, subset, pod, status, "-", durationMs);
    return {
      status,
      version: described(pod).tag,
      podName: pod.metadata.name,
      workload: described(pod).workload,
      durationMs,
    };
  }

  function countSource(
    host: string,
    subset: string | undefined,
    pod: Pod | undefined,
    code: number,
    flags: string,
    durationMs: number,
  ): void {
    const cell =
      context.sourceLabels === "envoy"
        ? counters.cell(SOURCE, `${host} ${subset} ${code}`, () => envoySide(host, subset, SOURCE, code))
        : counters.cell(SOURCE, `${host} ${pod ? described(pod).source : ""} ${code} ${flags}`, () =>
            sourceSide(host, pod, SOURCE, code, flags),
          );
    counters.record(cell, durationMs);
  }

  function serve(load: ActiveLoad): Traffic[] {
    load.owed += (load.requestsPerSecond * tickMs) / 1_000;
    const count = Math.floor(load.owed + 1e-9);
    load.owed -= count;
    if (count <= 0) return [];
    const backends = mesh.backends(load.shape);
    const behaviours = new Map<Pod, Behaviour>();
    const seen = new Map<string, Traffic>();
    const timeMs = timeline.nowMs();
    for (let index = 0; index < count; index++) {
      const fate = request(backends, behaviours);
      const key = `${fate.podName} ${fate.status}`;
      const known = seen.get(key);
      if (known) {
        known.durationMs += (fate.durationMs - known.durationMs) / (known.count + 1);
        known.count++;
      } else seen.set(key, { timeMs, host: load.shape.host, count: 1, ...fate });
    }
    return [...seen.values()];
  }

  function tick(): void {
    ticking = loads.size > 0;
    if (!ticking) return;
    const traffic = [...loads].flatMap(serve);
    log.push(...traffic);
    for (const listener of listeners) listener(traffic);
    timeline.after(tickMs, tick);
  }

  return {
    log,
    start({ host, namespace = "default", requestsPerSecond, path = "/", headers = {}, gateway = "mesh" }) {
      const full = gateway === "mesh" ? resolveHost(host, namespace) : host;
      const load: ActiveLoad = { shape: { host: full, path, headers, gateway }, requestsPerSecond, owed: 0 };
      loads.add(load);
      if (!ticking) {
        ticking = true;
        timeline.after(tickMs, tick);
      }
      return {
        setRate: (rate) => void (load.requestsPerSecond = rate),
        stop: () => void loads.delete(load),
      };
    },
    summary: (range = {}) => summarize(log, range),
    onTraffic(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
