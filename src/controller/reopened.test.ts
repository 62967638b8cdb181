import { expect, test } from "vitest";
import type { KubeApi } from "../kube/port.ts";
import { deployments, horizontalPodAutoscalers } from "../kube/resources.ts";
import { shopDeployment } from "../sim/shop.ts";
import { openKeptHouse, ref, type House } from "./fixture.test-helper.ts";
import { servedNow, shipInto } from "./states.test-helper.ts";

const AUTOSCALER = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { ...ref },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: ref.name },
    minReplicas: 2,
    maxReplicas: 9,
  },
};

const floorOf = (house: House) =>
  (house.object("horizontalpodautoscalers.autoscaling")?.["spec"] as { minReplicas?: number } | undefined)?.minReplicas;

const routingOf = (house: House) =>
  JSON.stringify([
    house.object("virtualservices.networking.istio.io")?.["spec"],
    house.object("destinationrules.networking.istio.io")?.["spec"],
  ]);

test.each([
  ["Background", "Keeping"],
  ["Background", "Converging"],
  ["Orphan", "Keeping"],
  ["Orphan", "Converging"],
] as const)(
  "a Deployment deleted (%s) in %s, and made again, finds routes, rule and floor as they were before the run",
  async (propagationPolicy, phase) => {
    const furnish = (alice: KubeApi) => alice.create(horizontalPodAutoscalers, AUTOSCALER);
    const house = await openKeptHouse({ furnish });
    const before = routingOf(house);
    await shipInto(house, phase);
    expect(floorOf(house)).toBe(4);
    const fromMs = house.clock.now();
    await house.alice.delete(deployments, ref, { propagationPolicy });
    await house.until("it is gone", () => house.object("deployments.apps") === undefined);
    await house.alice.create(
      deployments,
      shopDeployment(ref.name, { image: "shop/checkout:v2", deployment: { progressDeadlineSeconds: 20 } }),
    );
    await house.until("it is under protection again", () => house.rolloutStatus().phase === "Healthy");
    expect(routingOf(house)).toBe(before);
    expect(floorOf(house)).toBe(2);
    expect(await servedNow(house)).toContain("v2");
    if (propagationPolicy === "Orphan") expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    await house.term.stop();
  },
);
