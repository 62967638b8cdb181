import { expect, test } from "vitest";
import { ApiError } from "../kube/errors.ts";
import { silentLog } from "../kube/log.ts";
import type { KubeApi, KubeObject, Resource } from "../kube/port.ts";
import { customResourceDefinitions, horizontalPodAutoscalers } from "../kube/resources.ts";
import { isSluice, openHouse, openKeptHouse, ref, type House } from "./fixture.test-helper.ts";
import { untilPromoted } from "./states.test-helper.ts";

const apiVersion = "keda.sh/v1alpha1";
const scaledObjects: Resource = {
  group: "keda.sh",
  version: "v1alpha1",
  kind: "ScaledObject",
  plural: "scaledobjects",
  namespaced: true,
};

/** As much of KEDA's definition as its name and its versions. */
const definition: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "scaledobjects.keda.sh" },
  spec: {
    group: "keda.sh",
    scope: "Namespaced",
    names: { kind: "ScaledObject", plural: "scaledobjects" },
    versions: [{ name: "v1alpha1", served: true, storage: true, subresources: { status: {} } }],
  },
};

/** Installs KEDA with a ScaledObject for the shop's Deployment, and with what KEDA makes of that. */
async function installKeda(alice: KubeApi, minReplicaCount?: number): Promise<void> {
  const floor = minReplicaCount === undefined ? {} : { minReplicaCount };
  await alice.create(customResourceDefinitions, definition);
  const scaledObject = await alice.create(scaledObjects, {
    apiVersion,
    kind: "ScaledObject",
    metadata: { ...ref },
    spec: { scaleTargetRef: { name: ref.name }, maxReplicaCount: 10, ...floor, triggers: [] },
  });
  const { uid = "" } = scaledObject.metadata;
  await alice.create(horizontalPodAutoscalers, {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { ...ref, ownerReferences: [{ apiVersion, kind: "ScaledObject", name: ref.name, uid }] },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: ref.name },
      minReplicas: 1,
      maxReplicas: 10,
    },
  });
}

const floorOf = (house: House) =>
  (house.object("scaledobjects.keda.sh")?.["spec"] as { minReplicaCount?: number } | undefined)?.minReplicaCount;
const specOf = (house: House) => JSON.stringify(house.object("scaledobjects.keda.sh")?.["spec"]);
const madeBy = (house: House) => JSON.stringify(house.object("horizontalpodautoscalers.autoscaling"));

test.each<[number | undefined, string]>([
  [undefined, "v2"],
  [2, "v2-errors50"],
])(
  "the floor of a ScaledObject (%s, %s) is raised, not its autoscaler's, and put back by a controller that was killed",
  async (floor, tag) => {
    const house = await openKeptHouse({ furnish: (alice) => installKeda(alice, floor) });
    const [before, made] = [specOf(house), madeBy(house)];
    await house.ship(tag);
    await house.untilPhase("Observing", 1);
    expect(floorOf(house)).toBe(4);
    house.term.crash();
    const second = await house.start("second");
    await house.untilEnd(1);
    await house.clock.advance(1_000);
    expect(specOf(house)).toBe(before);
    expect(madeBy(house)).toBe(made);
    await second.stop();
  },
);

test("KEDA that is installed later is found within a minute, and serves the next run", async () => {
  const house = await openKeptHouse();
  await house.clock.advance(90_000);
  await installKeda(house.alice, 2);
  const before = specOf(house);
  await house.clock.advance(61_000);
  await house.ship("v2");
  await house.untilPhase("Observing", 1);
  expect(floorOf(house)).toBe(4);
  await untilPromoted(house);
  await house.clock.advance(1_000);
  expect(specOf(house)).toBe(before);
  expect(house.sim.users.summary().failed).toBe(0);
  await house.term.stop();
});

test("without the right to read ScaledObjects releases go on, which is told once; given the right, floors are raised", async () => {
  const told: string[] = [];
  const log = { ...silentLog, warn: (_fields: object, message: string) => void told.push(message) };
  let isAllowed = false;
  const house = await openHouse({ log, furnish: (alice) => installKeda(alice, 2) });
  house.sim.setFault((call) =>
    !isAllowed && isSluice(call) && call.resource === "scaledobjects.keda.sh"
      ? { error: new ApiError(403, "Forbidden", "cannot list resource scaledobjects") }
      : undefined,
  );
  const term = await house.start();
  const before = specOf(house);
  await house.ship("v2");
  await untilPromoted(house);
  await house.clock.advance(180_000);
  expect(specOf(house)).toBe(before);
  expect(told.filter((message) => message.includes("KEDA"))).toHaveLength(1);
  isAllowed = true;
  await house.clock.advance(61_000);
  await house.ship("v3");
  await house.untilPhase("Observing", 2);
  expect(floorOf(house)).toBe(4);
  await untilPromoted(house);
  await house.clock.advance(1_000);
  expect(specOf(house)).toBe(before);
  await term.stop();
});
