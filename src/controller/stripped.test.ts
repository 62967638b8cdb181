import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { ApiError } from "../kube/errors.ts";
import type { KubeApi } from "../kube/port.ts";
import { deployments, horizontalPodAutoscalers } from "../kube/resources.ts";
import { shopDeployment } from "../sim/shop.ts";
import { autoscaler, floorOf } from "./autoscaler.test-helper.ts";
import { NAMESPACE, openHouse, ref, rolloutObject, type House } from "./fixture.test-helper.ts";
import { rolloutRuns, rollouts } from "./resources.ts";
import { houseIn, servedNow, tagFor } from "./states.test-helper.ts";

const furnish = (alice: KubeApi) => alice.create(horizontalPodAutoscalers, autoscaler(2));

/** As somebody does it who does not want to wait for a release. */
async function strip(house: House): Promise<void> {
  await house.alice.patch(rollouts, ref, { type: "merge", patch: { metadata: { finalizers: null } } });
  await house.alice.delete(rollouts, ref, { propagationPolicy: "Background" });
  expect(house.object("rollouts.sluice.dev")).toBeUndefined();
}

async function stripRun(house: House): Promise<void> {
  const run = { namespace: NAMESPACE, name: "checkout-1" };
  await house.alice.patch(rolloutRuns, run, { type: "merge", patch: { metadata: { finalizers: null } } });
  await house.until("its run is gone", () => house.run() === undefined);
}

const holder = (house: House) => house.object("deployments.apps")?.metadata.annotations?.["sluice.dev/rollout"];

async function untilLetGo(house: House): Promise<void> {
  await house.until("the Deployment is let go", () => holder(house) === undefined);
  await house.clock.advance(3_000);
}

const told = (house: House, reason: string) => house.events(ref.name).filter((event) => event.reason === reason);

const isPaused = (house: House) =>
  (house.object("deployments.apps")?.["spec"] as { paused?: boolean } | undefined)?.paused ?? false;

function expectNothingOfOurs(house: House): void {
  const [own, ...others] = house.sim.store.list("deployments.apps", NAMESPACE);
  expect(others).toEqual([]);
  expect(own?.metadata.annotations ?? {}).not.toHaveProperty("sluice.dev/rollout");
  const runs = house.sim.store.list("rolloutruns.sluice.dev");
  expect(runs.flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
  expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
  expect(JSON.stringify(house.object("virtualservices.networking.istio.io"))).not.toContain("subset");
  expect(floorOf(house)).toBe(2);
}

const holds = ["policy", "none"] as const;
const leftOn: readonly [Phase, string][] = [
  ["Preflight", "v1"],
  ["Fencing", "v1"],
  ["Scaling", "v1"],
  ["Observing", "v1"],
  ["Paused", "v1"],
  ["SwappingWeight", "v1"],
  ["Keeping", "v1"],
  ["Converging", "v2"],
  ["Joining", "v2"],
  ["Draining", "v1"],
  ["Undoing", "v1"],
  ["Promoted", "v2"],
  ["RolledBack", "v1"],
];
const cases = leftOn.flatMap(([phase, live]) => holds.map((hold) => ({ phase, live, hold })));

async function expectReleased(house: House, { phase, live, fromMs }: { phase: Phase; live: string; fromMs: number }) {
  expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
  expect(await servedNow(house)).toEqual([live]);
  expect(house.unvetted()).toEqual([]);
  expectNothingOfOurs(house);
  const stays = tagFor(phase) !== live;
  expect(isPaused(house)).toBe(stays);
  expect(told(house, "LeftPaused")).toHaveLength(stays ? 1 : 0);
  expect(told(house, "Released").map(({ note }) => note)).toEqual([
    expect.stringContaining("Rollout checkout is gone"),
  ]);
}

test("a Rollout that the cache has not heard of yet is asked for, and not taken for gone", async () => {
  const house = await openHouse();
  const term = await house.start();
  await house.until("the Deployment is adopted", () => house.rolloutStatus().phase === "Healthy");
  const unheard = new ApiError(503, "ServiceUnavailable", "no news of Rollouts");
  house.sim.setFault(({ resource, verb }) =>
    resource === "rollouts.sluice.dev" && (verb === "watch" || verb === "list") ? { error: unheard } : undefined,
  );
  house.sim.breakWatches();
  await house.clock.advance(2_000);
  await house.alice.create(rollouts, rolloutObject({ workload: { name: "cart" } }, "cart"));
  const cart = shopDeployment("cart", { image: "shop/cart:v1" });
  const annotations = { "sluice.dev/rollout": "cart" };
  await house.alice.create(deployments, { ...cart, metadata: { ...cart.metadata, annotations } });
  await house.clock.advance(20_000);
  expect(house.object("deployments.apps", "cart")?.metadata.annotations).toMatchObject(annotations);
  expect(house.events("cart").map(({ reason }) => reason)).toEqual(["Adopted"]);
  await term.stop();
});

describe("a Rollout whose finalizer was taken off, and which is gone without a release", () => {
  test.each(cases)("in $phase (hold $hold) is released all the same: users on $live", async ({ phase, live, hold }) => {
    const house = await houseIn(phase, { hold, furnish });
    const fromMs = house.clock.now();
    await strip(house);
    await untilLetGo(house);
    await expectReleased(house, { phase, live, fromMs });
    await house.term.stop();
  });

  test.each(cases.filter(({ phase }) => phase !== "Draining"))(
    "in $phase (hold $hold) while no controller runs is released by the next one",
    async ({ phase, live, hold }) => {
      const house = await houseIn(phase, { hold, furnish });
      const fromMs = house.clock.now();
      house.term.crash();
      await strip(house);
      await house.clock.advance(5_000);
      const second = await house.start("second");
      await untilLetGo(house);
      await expectReleased(house, { phase, live, fromMs });
      await second.stop();
    },
  );

  test.each(holds)("in Observing (hold %s) takes users off a version that turns bad, and tells why", async (hold) => {
    const steps = [{ name: "first", weight: 10, observe: "60s" }];
    const house = await houseIn("Observing", { hold, furnish, spec: { steps } });
    await strip(house);
    house.sim.kubelet.setBehaviour(
      { namespace: NAMESPACE, labels: { "sluice.dev/run": "checkout-1" } },
      { errorFraction: 1 },
    );
    await house.clock.advance(5_000);
    const fromMs = house.clock.now();
    await untilLetGo(house);
    await house.clock.advance(60_000);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(await servedNow(house)).toEqual(["v1"]);
    expectNothingOfOurs(house);
    expect(house.events("checkout-1")).toContainEqual(
      expect.objectContaining({ reason: "Aborted", note: expect.stringContaining("the Rollout was deleted") }),
    );
    expect(told(house, "LeftPaused")[0]?.note).toContain("kubectl -n shop rollout resume deployment/checkout");
    await house.term.stop();
  });

  test.each(holds.flatMap((hold) => [false, true].map((dead) => ({ hold, dead }))))(
    "while users are on a twin (hold $hold, no controller there: $dead) brings them to the Deployment's own pods",
    async ({ hold, dead }) => {
      const house = await houseIn("Converging", { hold, furnish });
      await house.ship("v3-errors50");
      await house.untilPhase("RolledBack", 2);
      await house.clock.advance(3_000);
      const fromMs = house.clock.now();
      let { term } = house;
      if (dead) term.crash();
      await strip(house);
      await house.clock.advance(1_000);
      if (dead) term = await house.start("second");
      await untilLetGo(house);
      expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
      expect(house.unvetted()).toEqual([]);
      expect(await servedNow(house)).not.toContain("v3-errors50");
      expectNothingOfOurs(house);
      expect(isPaused(house)).toBe(true);
      expect(told(house, "LeftPaused")).toHaveLength(1);
      await term.stop();
    },
  );

  test("while a version that nobody vetted fills the Deployment leaves users on the twin until a vetted one is back", async () => {
    const house = await houseIn("Converging", { hold: "none", furnish });
    await house.ship("v3");
    house.term.crash();
    await strip(house);
    await house.clock.advance(20_000);
    const second = await house.start("second");
    await house.clock.advance(20_000);
    expect([house.phase(), await servedNow(house)]).toEqual(["Releasing", ["v2"]]);
    await house.ship("v2");
    await untilLetGo(house);
    expect(await servedNow(house)).toEqual(["v2"]);
    expect(house.unvetted()).toEqual([]);
    expect(house.sim.users.summary().failed).toBe(0);
    expectNothingOfOurs(house);
    await second.stop();
  });

  test("leaves a Deployment whose next template rolls natively", async () => {
    const house = await houseIn("Promoted", { furnish });
    await strip(house);
    await untilLetGo(house);
    await house.ship("v3");
    await house.until("v3 is rolled out", () => house.versionsSince(house.clock.now() - 500).join() === "v3");
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("and made anew before the run has ended takes the Deployment under protection again", async () => {
    const house = await houseIn("Keeping", { furnish });
    const fromMs = house.clock.now();
    await strip(house);
    await house.clock.advance(1_000);
    await house.alice.create(rollouts, rolloutObject());
    await house.until("the run is gone", () => house.run() === undefined);
    await house.ship("v1");
    await house.until("it is adopted", () => house.rolloutStatus().phase === "Healthy");
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(await servedNow(house)).toEqual(["v1"]);
    expect(holder(house)).toBe("checkout");
    expect(floorOf(house)).toBe(2);
    await house.term.stop();
  });

  test("is gone: a mark that is put on late is taken off as well", async () => {
    const house = await houseIn("Promoted", { furnish });
    await strip(house);
    await untilLetGo(house);
    const annotations = { "sluice.dev/rollout": ref.name };
    await house.sim.as("sluice").patch(deployments, ref, { type: "merge", patch: { metadata: { annotations } } });
    await untilLetGo(house);
    await house.ship("v3");
    await house.until("v3 is rolled out", () => house.versionsSince(house.clock.now() - 500).join() === "v3");
    await house.term.stop();
  });

  test("gives way to one of another name, which protects the Deployment from then on", async () => {
    const house = await houseIn("Promoted", { furnish });
    await strip(house);
    await house.alice.create(rollouts, rolloutObject({}, "second"));
    await house.until("the second one has it", () => holder(house) === "second");
    await house.ship("v3");
    await house.until("v3 has a run of its own", () => house.run()?.name === "second-1");
    expect(await house.untilEnd(1)).toBe("Promoted");
    expect(await servedNow(house)).toEqual(["v3"]);
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("with its run's finalizer as well, in Observing, lets the Deployment go and names the pods that are left", async () => {
    const house = await houseIn("Observing", { furnish });
    const fromMs = house.clock.now();
    house.term.crash();
    await strip(house);
    await stripRun(house);
    const second = await house.start("second");
    await untilLetGo(house);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(isPaused(house)).toBe(true);
    expect(told(house, "LeftPaused")).toHaveLength(1);
    expect(told(house, "Released")[0]?.note).toContain("kubectl -n shop delete deployment/checkout-1");
    // Users may be on it for all that anybody knows.
    expect(await servedNow(house)).toEqual(["v1", "v2"]);
    await second.stop();
  });

  test("at rest after a rollback, whose records are gone before a controller is there, lets the Deployment go", async () => {
    const house = await houseIn("RolledBack", { furnish });
    house.term.crash();
    await strip(house);
    await house.until("its run is gone", () => house.run() === undefined);
    const second = await house.start("second");
    await untilLetGo(house);
    expect(isPaused(house)).toBe(true);
    expect(told(house, "LeftPaused")).toHaveLength(1);
    expect(house.unvetted()).toEqual([]);
    await second.stop();
  });
});
