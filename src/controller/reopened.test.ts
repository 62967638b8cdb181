import { expect, test } from "vitest";
import type { KubeApi, KubeObject } from "../kube/port.ts";
import { deployments, horizontalPodAutoscalers, pods, replicaSets } from "../kube/resources.ts";
import { shopDeployment } from "../sim/shop.ts";
import { autoscaler, floorOf } from "./autoscaler.test-helper.ts";
import { NAMESPACE, openKeptHouse, ref, type House } from "./fixture.test-helper.ts";
import { servedNow, shipInto } from "./states.test-helper.ts";

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
    const furnish = (alice: KubeApi) => alice.create(horizontalPodAutoscalers, autoscaler(2));
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

const remade = (tag: string) =>
  shopDeployment(ref.name, { image: `shop/checkout:${tag}`, deployment: { progressDeadlineSeconds: 20 } });

test("a version that was promoted before the Deployment was made again with the old one may be shipped again", async () => {
  const house = await openKeptHouse();
  await shipInto(house, "Converging");
  await house.alice.delete(deployments, ref, { propagationPolicy: "Background" });
  await house.until("it is gone", () => house.object("deployments.apps") === undefined);
  await house.alice.create(deployments, remade("v1"));
  await house.until("it is under protection again", () => house.rolloutStatus().phase === "Healthy");
  await house.ship("v2");
  await house.until("v2 has a run", () => house.run()?.spec.ordinal === 2);
  await house.term.stop();
});

test("the twin stays until the Deployment that was made again has all its pods, also when they restart meanwhile", async () => {
  const settle = { settle: "5s", istio: { virtualServices: [{ name: ref.name }] } };
  const house = await openKeptHouse({ spec: { traffic: settle } });
  await shipInto(house, "Converging");
  await house.alice.delete(deployments, ref, { propagationPolicy: "Orphan" });
  await house.until("it is gone", () => house.object("deployments.apps") === undefined);
  const isTwins = ({ metadata }: KubeObject) => metadata.name.startsWith("checkout-1");
  for (const set of house.sim.store.list("replicasets.apps", NAMESPACE).filter((each) => !isTwins(each)))
    await house.alice.delete(replicaSets, { namespace: NAMESPACE, name: set.metadata.name });
  await house.alice.create(deployments, remade("v3-start9000"));
  await house.untilPhase("Releasing", 1);
  const fromMs = house.clock.now();
  await house.clock.advance(1_000);
  for (const pod of house.sim.store.list("pods", NAMESPACE).filter((each) => !isTwins(each)))
    await house.alice.delete(pods, { namespace: NAMESPACE, name: pod.metadata.name });
  await house.until("it is under protection again", () => house.rolloutStatus().phase === "Healthy");
  expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
  expect(await servedNow(house)).toEqual(["v3-start9000"]);
  await house.term.stop();
});
