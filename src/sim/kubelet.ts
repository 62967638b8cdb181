import { timestamp } from "./api-server.ts";
import { type Behaviour, behaviourOf } from "./behaviour.ts";
import { bySystem, builtIn, type Cluster, statusBySystem } from "./cluster.ts";
import { hasLabels } from "./selectors.ts";
import type { Pod } from "./workload-types.ts";

export interface KubeletOptions {
  /** From a pod's creation until it is ready, besides what its image asks for. */
  startMs: number;
  /** From a pod's deletion until it is gone; it serves on meanwhile. */
  terminationMs: number;
}

/** Which pods: all in the namespace that carry these labels, or the one of this name. */
export interface PodSelector {
  namespace: string;
  name?: string;
  labels?: Record<string, string>;
}

export interface Kubelet {
  /** What a running pod does with requests. */
  behaviour(pod: Pod): Behaviour;
  /** Lays over the behaviour of all matching pods, those to come included; `{}` takes it off again. */
  setBehaviour(selector: PodSelector, behaviour: Partial<Behaviour>): void;
  /** Makes matching pods fail their readiness probe, or lets them pass again. */
  setReady(selector: PodSelector, ready: boolean): void;
}

function matches({ namespace, name, labels }: PodSelector, pod: Pod): boolean {
  if (pod.metadata.namespace !== namespace) return false;
  return (name === undefined || pod.metadata.name === name) && hasLabels(pod.metadata.labels, labels);
}

/** One node that runs every pod. A crash loop restarts after ever longer waits, as the real one does. */
export function startKubelet(cluster: Cluster, options: KubeletOptions): Kubelet {
  const { store, server, timeline } = cluster;
  const podKind = builtIn(cluster, "pods");
  const overlays: { selector: PodSelector; behaviour: Partial<Behaviour> }[] = [];
  const unready: PodSelector[] = [];
  let addresses = 0;

  store.onChange("pods", ({ type, object, previous }) => {
    const pod = object as Pod;
    if (type === "ADDED") timeline.after(0, () => schedule(pod));
    const isGoing = pod.metadata.deletionTimestamp !== undefined;
    if (type === "MODIFIED" && isGoing && previous?.metadata.deletionTimestamp === undefined) terminate(pod);
  });

  function behaviour(pod: Pod): Behaviour {
    const laid = overlays.filter(({ selector }) => matches(selector, pod));
    return Object.assign(behaviourOf(pod), ...laid.map((overlay) => overlay.behaviour)) as Behaviour;
  }

  /** The pod as it is now, unless it is another one of the same name, or gone. */
  function current(pod: Pod): Pod | undefined {
    const found = store.get("pods", pod.metadata) as Pod | undefined;
    return found?.metadata.uid === pod.metadata.uid ? found : undefined;
  }

  function address(): string {
    const index = addresses++;
    return `10.244.${1 + (Math.floor(index / 250) % 250)}.${1 + (index % 250)}`;
  }

  function schedule(created: Pod): void {
    const pod = current(created);
    if (!pod || pod.metadata.deletionTimestamp !== undefined) return;
    if (pod.spec["nodeName"] === undefined) {
      server.modify(podKind, pod.metadata, (object) => void ((object as Pod).spec["nodeName"] = "local"), bySystem);
    }
    writeStatus(pod, { ready: false, phase: "Pending", waiting: "ContainerCreating", podIP: address() });
    timeline.after(options.startMs + behaviour(pod).startDelayMs, () => run(pod, 0));
  }

  function run(created: Pod, restarts: number): void {
    const pod = current(created);
    if (!pod || pod.metadata.deletionTimestamp !== undefined) return;
    if (!behaviour(pod).crashLoop) {
      writeStatus(pod, { ready: isProbeGood(pod), phase: "Running", restarts });
      return;
    }
    writeStatus(pod, { ready: false, phase: "Running", waiting: "CrashLoopBackOff", restarts });
    timeline.after(Math.min(300_000, 10_000 * 2 ** restarts), () => run(pod, restarts + 1));
  }

  function isProbeGood(pod: Pod): boolean {
    return !behaviour(pod).neverReady && !unready.some((selector) => matches(selector, pod));
  }

  function terminate(pod: Pod): void {
    const graceMs = Number(pod.spec["terminationGracePeriodSeconds"] ?? 30) * 1_000;
    timeline.after(Math.min(graceMs, options.terminationMs), () => {
      if (current(pod)) server.remove(podKind, pod.metadata, { gracePeriodSeconds: 0 });
    });
  }

  function writeStatus(
    pod: Pod,
    state: { ready: boolean; phase: string; waiting?: string; restarts?: number; podIP?: string },
  ): void {
    const now = timestamp(timeline.nowMs());
    const condition = (type: string, good: boolean) => {
      const status = good ? "True" : "False";
      const before = pod.status?.conditions?.find((known) => known.type === type);
      return before?.status === status ? before : { type, status, lastTransitionTime: now };
    };
    const podIP = pod.status?.podIP ?? state.podIP;
    const containerStatuses = pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      ready: state.ready,
      started: state.waiting === undefined,
      restartCount: state.restarts ?? 0,
      state: state.waiting === undefined ? { running: { startedAt: now } } : { waiting: { reason: state.waiting } },
    }));
    const status = {
      phase: state.phase,
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: pod.status?.["startTime"] ?? now,
      conditions: [
        condition("PodScheduled", true),
        condition("Initialized", true),
        condition("ContainersReady", state.ready),
        condition("Ready", state.ready),
      ],
      containerStatuses,
    };
    server.modify(podKind, pod.metadata, (object) => void (object["status"] = status), statusBySystem);
  }

  function probeAgain(selector: PodSelector): void {
    for (const object of store.each("pods", selector.namespace)) {
      const pod = object as Pod;
      const isRunning = pod.status?.phase === "Running" && pod.metadata.deletionTimestamp === undefined;
      if (isRunning && matches(selector, pod) && !behaviour(pod).crashLoop) {
        writeStatus(pod, { ready: isProbeGood(pod), phase: "Running" });
      }
    }
  }

  return {
    behaviour,
    setBehaviour(selector, laid) {
      const known = overlays.findIndex((overlay) => JSON.stringify(overlay.selector) === JSON.stringify(selector));
      if (known >= 0) overlays.splice(known, 1);
      if (Object.keys(laid).length > 0) overlays.push({ selector, behaviour: laid });
      probeAgain(selector);
    },
    setReady(selector, ready) {
      const known = unready.findIndex((held) => JSON.stringify(held) === JSON.stringify(selector));
      if (known >= 0) unready.splice(known, 1);
      if (!ready) unready.push(selector);
      probeAgain(selector);
    },
  };
}
