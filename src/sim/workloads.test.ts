import { describe, expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { deployments } from "../kube/resources.ts";
import { seededRandom } from "./random.ts";
import { createSim } from "./sim.ts";
import type { Deployment, Pod, ReplicaSet } from "./workload-types.ts";
import { isReady } from "./workload-types.ts";

const own = { namespace: "shop", name: "checkout" };

async function shop(options: { replicas?: number; deployment?: Record<string, unknown>; image?: string } = {}) {
  const clock = createManualClock();
  const sim = createSim({ clock, random: seededRandom(7), hold: "none" });
  const alice = sim.as("user:alice");
  await sim.createShop("checkout", options);
  await clock.advance(5_000);
  const merge = (patch: Record<string, unknown>) => alice.patch(deployments, own, { type: "merge", patch });
  return {
    clock,
    sim,
    alice,
    merge,
    ship: (image: string) =>
      alice.patch(deployments, own, {
        type: "json",
        operations: [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: image }],
      }),
    deployment: () => sim.store.get("deployments.apps", own) as Deployment,
    pods: () => sim.store.list("pods", "shop") as Pod[],
    sets: () => sim.store.list("replicasets.apps", "shop") as ReplicaSet[],
    scaleSet: (set: ReplicaSet | undefined, replicas: number) =>
      alice.patch(
        { group: "apps", version: "v1", plural: "replicasets", kind: "ReplicaSet", namespaced: true },
        set?.metadata ?? { name: "" },
        { type: "merge", patch: { spec: { replicas } } },
      ),
  };
}

function ready(pods: Pod[], tag: string): number {
  return pods.filter((pod) => isReady(pod) && pod.spec.containers[0]?.image?.endsWith(`:${tag}`)).length;
}

describe("a Deployment", () => {
  test("comes up with status, conditions and an observed generation", async () => {
    const { deployment, pods } = await shop({ replicas: 3 });
    const { status, metadata, spec } = deployment();
    expect(status).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 });
    expect(status?.observedGeneration).toBe(metadata.generation);
    expect(status?.unavailableReplicas).toBeUndefined();
    expect(status?.conditions?.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`)).toEqual([
      "Available True MinimumReplicasAvailable",
      "Progressing True NewReplicaSetAvailable",
    ]);
    expect(spec).toMatchObject({ progressDeadlineSeconds: 600, revisionHistoryLimit: 10 });
    expect(pods()).toHaveLength(3);
    expect(pods()[0]?.status?.podIP).toMatch(/^10\.244\./);
  });

  test("rolls natively, never below what may be unavailable nor above what may surge", async () => {
    const { clock, ship, pods, sets, deployment } = await shop({ replicas: 4 });
    await ship("shop/checkout:v2");
    let mixed = false;
    for (let seconds = 0; seconds < 30; seconds++) {
      await clock.advance(500);
      const running = pods().filter((pod) => pod.metadata.deletionTimestamp === undefined);
      expect(running.filter(isReady).length).toBeGreaterThanOrEqual(3);
      expect(running.length).toBeLessThanOrEqual(5);
      mixed ||= ready(running, "v1") > 0 && ready(running, "v2") > 0;
    }
    expect(mixed).toBe(true);
    expect(ready(pods(), "v2")).toBe(4);
    expect(ready(pods(), "v1")).toBe(0);
    expect(
      sets()
        .map((set) => set.spec.replicas)
        .toSorted(),
    ).toEqual([0, 4]);
    expect(deployment().metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("2");
  });

  test("that is paused makes no pods of a new template, and still scales", async () => {
    const { clock, merge, ship, pods, sets, deployment } = await shop({ replicas: 2 });
    await merge({ spec: { paused: true } });
    await ship("shop/checkout:v2");
    await merge({ spec: { replicas: 3 } });
    await clock.advance(5_000);
    expect(sets()).toHaveLength(1);
    expect(ready(pods(), "v1")).toBe(3);
    expect(deployment().status?.observedGeneration).toBe(deployment().metadata.generation);
    expect(deployment().status?.updatedReplicas).toBeUndefined();
    await merge({ spec: { paused: false } });
    await clock.advance(20_000);
    expect(ready(pods(), "v2")).toBe(3);
  });

  test("does not go forward with an image that never gets ready, and says so after its deadline", async () => {
    const { clock, ship, pods, deployment } = await shop({ replicas: 4, deployment: { progressDeadlineSeconds: 30 } });
    await ship("shop/checkout:v2-neverready");
    await clock.advance(25_000);
    const progressing = () => deployment().status?.conditions?.find(({ type }) => type === "Progressing")?.reason;
    expect(progressing()).toBe("ReplicaSetUpdated");
    expect(ready(pods(), "v1")).toBe(3);
    await clock.advance(20_000);
    expect(progressing()).toBe("ProgressDeadlineExceeded");
    expect(ready(pods(), "v1")).toBe(3);
  });

  test("with an image that crashes shows the crash loop in its pods", async () => {
    const { clock, ship, pods } = await shop({ replicas: 1 });
    await ship("shop/checkout:v2-crash");
    await clock.advance(40_000);
    const crashing = pods().find((pod) => pod.spec.containers[0]?.image?.includes("crash"));
    expect(crashing?.status?.["containerStatuses"]).toMatchObject([
      { ready: false, state: { waiting: { reason: "CrashLoopBackOff" } } },
    ]);
    expect(ready(pods(), "v1")).toBe(1);
  });

  test("counts a pod as available only after minReadySeconds", async () => {
    const { clock, merge, ship, deployment } = await shop({ replicas: 1, deployment: { minReadySeconds: 20 } });
    await merge({ metadata: { labels: { touched: "yes" } } });
    await clock.advance(30_000);
    await ship("shop/checkout:v2");
    await clock.advance(10_000);
    expect(deployment().status).toMatchObject({ readyReplicas: 2, availableReplicas: 1 });
    await clock.advance(20_000);
    expect(deployment().status).toMatchObject({ readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1 });
  });
});

// What the real controller was seen to do in the lab with a hold that was broken.
describe("a Deployment that is paused in the middle of a roll", () => {
  async function interrupted(untilMs: number) {
    const it = await shop({ replicas: 4, deployment: { strategy: { rollingUpdate: { maxSurge: 1 } } } });
    await it.ship("shop/checkout:v2");
    await it.clock.advance(untilMs);
    await it.merge({ spec: { paused: true } });
    await it.clock.advance(1_000);
    const stray = () => it.sets().find((set) => set.spec.template.spec.containers[0]?.image?.endsWith(":v2"));
    const live = () => it.sets().find((set) => set !== stray());
    return { ...it, stray, live };
  }

  test("is live at full size again once the stray ReplicaSet is scaled to 0", async () => {
    const { clock, scaleSet, stray, pods } = await interrupted(1_900);
    expect(ready(pods(), "v1")).toBeLessThan(4);
    await scaleSet(stray(), 0);
    await clock.advance(6_000);
    expect(ready(pods(), "v1")).toBe(4);
    expect(ready(pods(), "v2")).toBe(0);
  });

  test("takes the live ReplicaSet down again once the stray one is saturated", async () => {
    const { clock, scaleSet, stray, live, pods } = await interrupted(30_000);
    expect(ready(pods(), "v2")).toBe(4);
    await scaleSet(live(), 4);
    await clock.advance(3_000);
    expect(live()?.spec.replicas).toBe(0);
    await scaleSet(stray(), 0);
    await clock.advance(6_000);
    expect(ready(pods(), "v2")).toBe(4);
  });
});
