import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import type { KubeApi } from "../kube/port.ts";
import { deployments, horizontalPodAutoscalers } from "../kube/resources.ts";
import { autoscaler, floorOf } from "./autoscaler.test-helper.ts";
import { openHouse, openKeptHouse, ref } from "./fixture.test-helper.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

describe("a Deployment", () => {
  test("is taken under protection only once its own roll-out is whole", async () => {
    const house = await openHouse({ hold: "none" });
    await house.ship("v2-start20000");
    await house.clock.advance(500);
    const term = await house.start();
    await house.clock.advance(5_000);
    expect(house.rolloutStatus().conditions).toMatchObject([
      { type: "Ready", status: "Unknown", reason: "Adopting" },
      { type: "Reconciling", status: "True" },
    ]);
    expect(house.object("deployments.apps")?.["spec"]).not.toHaveProperty("paused");
    await house.until("it is adopted", () => house.rolloutStatus().phase === "Healthy");
    expect(await servedNow(house)).toEqual(["v2-start20000"]);
    expect(house.run()).toBeUndefined();
    expect(house.sim.users.summary().failed).toBe(0);
    await term.stop();
  });

  test.each(["policy", "none"] as const)("at 0 replicas takes a new template natively (hold %s)", async (hold) => {
    const house = await openKeptHouse({ hold });
    await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { replicas: 0 } } });
    await house.clock.advance(2_000);
    await house.ship("v2");
    await house.clock.advance(2_000);
    expect(house.run()).toBeUndefined();
    await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { replicas: 3 } } });
    await house.clock.advance(4_000);
    expect(await servedNow(house)).toEqual(["v2"]);
    await house.ship("v3");
    await untilPromoted(house);
    expect(await servedNow(house)).toEqual(["v3"]);
    await house.term.stop();
  });

  test("that is scaled to 0 in the middle of a run ends with the size that its user wants", async () => {
    const house = await houseIn("Observing");
    await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { replicas: 0 } } });
    await house.ship("v1");
    await house.untilEnd(1);
    await house.clock.advance(2_000);
    expect(house.object("deployments.apps")?.["spec"]).toMatchObject({ replicas: 0 });
    expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
    await house.term.stop();
  });

  test("that is resumed by hand without a policy is held again; nobody meets more than a moment of its template", async () => {
    const house = await houseIn("Observing", { hold: "none" });
    await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { paused: false } } });
    const resumedMs = house.clock.now();
    await house.clock.advance(8_000);
    expect(house.object("deployments.apps")?.["spec"]).toMatchObject({ paused: true });
    const later = house.sim.users.summary({ fromMs: resumedMs + 3_000 });
    expect(later.failed).toBe(0);
    await house.term.stop();
  });
});

test.each<Phase>(["SwappingLabels", "SwappingWeight", "Keeping", "Converging"])(
  "a Deployment that is scaled up while users are on the twin (%s) has the twin follow; nobody notices",
  async (phase) => {
    const house = await houseIn(phase);
    await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { replicas: 7 } } });
    await house.clock.advance(500);
    expect(house.object("deployments.apps", "checkout-1")?.["spec"]).toMatchObject({ replicas: 7 });
    await untilPromoted(house);
    expect(house.object("deployments.apps")?.["spec"]).toMatchObject({ replicas: 7 });
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  },
);

describe("the floor of an autoscaler", () => {
  test.each<[string, number | undefined, string]>([
    ["2", 2, "v2"],
    ["none", undefined, "v2"],
    ["2", 2, "v2-errors50"],
  ])("of %s is raised while a run is on, and put back exactly (%s, %s)", async (_name, floor, tag) => {
    const furnish = (alice: KubeApi) => alice.create(horizontalPodAutoscalers, autoscaler(floor));
    const house = await openKeptHouse({ furnish });
    const before = JSON.stringify(house.object("horizontalpodautoscalers.autoscaling")?.["spec"]);
    await house.ship(tag);
    await house.untilPhase("Observing", 1);
    expect(floorOf(house)).toBe(4);
    await house.untilEnd(1);
    await house.clock.advance(1_000);
    expect(JSON.stringify(house.object("horizontalpodautoscalers.autoscaling")?.["spec"])).toBe(before);
    await house.term.stop();
  });

  test("that its user changes during a run is left as they want it", async () => {
    const furnish = (alice: KubeApi) => alice.create(horizontalPodAutoscalers, autoscaler(2));
    const house = await houseIn("Observing", { furnish });
    await house.alice.patch(horizontalPodAutoscalers, ref, { type: "merge", patch: { spec: { minReplicas: 6 } } });
    await house.untilEnd(1);
    await house.clock.advance(1_000);
    expect(floorOf(house)).toBe(6);
    await house.term.stop();
  });

  test("is put back when the Rollout is deleted in the middle", async () => {
    const furnish = (alice: KubeApi) => alice.create(horizontalPodAutoscalers, autoscaler(2));
    const house = await houseIn("Keeping", { furnish });
    const { rollouts } = await import("./resources.ts");
    await house.alice.delete(rollouts, ref);
    await house.until("it is gone", () => house.object("rollouts.sluice.dev") === undefined);
    expect(floorOf(house)).toBe(2);
    await house.term.stop();
  });
});
