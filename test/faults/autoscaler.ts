import { deployments } from "../../src/kube/resources.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import type { Stage } from "./stage.ts";

/** 15 s in a real cluster. */
const INTERVAL_MS = 1_500;
const REQUESTS_PER_SECOND_PER_POD = 20;
/** Nothing is done about a load that is so near to what is wanted, as the real one has it. */
const TOLERANCE = 0.1;
/** It goes down to no less than the most that was wanted for so long: 300 s in a real cluster. */
const STABILIZATION_MS = 6_000;

interface Bounds {
  minReplicas?: number;
  maxReplicas: number;
}

/** Scales the Deployment by the requests that its own pods answer, as a HorizontalPodAutoscaler does, between its floor and its ceiling. */
export function startAutoscaler(stage: Stage): void {
  const { house } = stage;
  const { alice, clock, sim } = house;
  const ref = { namespace: "shop", name: "checkout" };
  const wanted: { atMs: number; replicas: number }[] = [];
  let answered = 0;
  let sinceMs = clock.monotonic();
  sim.users.onTraffic((traffic) => {
    for (const { workload, count } of traffic) if (workload === ref.name) answered += count;
  });

  stage.onSlice(() => {
    const nowMs = clock.monotonic();
    if (nowMs - sinceMs < INTERVAL_MS) return;
    const requestsPerSecond = (answered * 1_000) / (nowMs - sinceMs);
    answered = 0;
    sinceMs = nowMs;
    const size = replicasOf(house.object("deployments.apps"));
    const bounds = house.object("horizontalpodautoscalers.autoscaling")?.["spec"] as Bounds | undefined;
    // A Deployment at 0 is left alone.
    if (bounds === undefined || size === undefined || size === 0) return;
    const ratio = requestsPerSecond / REQUESTS_PER_SECOND_PER_POD / size;
    const next = Math.abs(ratio - 1) <= TOLERANCE ? size : Math.ceil(ratio * size);
    wanted.push({ atMs: nowMs, replicas: next });
    while (nowMs - (wanted[0]?.atMs ?? nowMs) > STABILIZATION_MS) wanted.shift();
    const stable = next < size ? Math.min(size, Math.max(...wanted.map(({ replicas }) => replicas))) : next;
    const replicas = Math.min(bounds.maxReplicas, Math.max(bounds.minReplicas ?? 1, stable));
    if (replicas === size) return;
    void stage.foreign(() =>
      alice.patch(deployments, ref, { type: "merge", patch: { spec: { replicas } } }, { subresource: "scale" }),
    );
  });
}

function replicasOf(deployment: KubeObject | undefined): number | undefined {
  return (deployment?.["spec"] as { replicas?: number } | undefined)?.replicas;
}
