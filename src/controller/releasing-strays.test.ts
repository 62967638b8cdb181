import { expect, test } from "vitest";
import { NAMESPACE, ref } from "./fixture.test-helper.ts";
import { rolloutRuns, rollouts } from "./resources.ts";
import { houseIn, servedNow, type KeptHouse } from "./states.test-helper.ts";

/** Without the admission policy, a run whose Deployment is rolling to v2; users are on the twin. */
async function rolling(): Promise<KeptHouse> {
  const house = await houseIn("Converging", { hold: "none" });
  await house.until("the Deployment is rolling", () => podsOf(house, "v2") > 0);
  return house;
}

/** Of the own Deployment. */
function podsOf(house: KeptHouse, tag: string): number {
  return house.sim.store
    .list("replicasets.apps", NAMESPACE)
    .filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === ref.name)
    .filter((set) => JSON.stringify(set["spec"]).includes(`shop/checkout:${tag}"`))
    .reduce((sum, set) => sum + ((set["status"] as { replicas?: number } | undefined)?.replicas ?? 0), 0);
}

const isReleased = (house: KeptHouse) => house.object("rollouts.sluice.dev", ref.name) === undefined;

function expectNobodyHurt(house: KeptHouse): void {
  expect(house.unvetted()).toEqual([]);
  expect(house.sim.users.summary().failed).toBe(0);
}

test("the first pods of a newer template that roll in as the Rollout is deleted are taken away", async () => {
  const house = await rolling();
  await house.alice.delete(rollouts, ref);
  await house.untilPhase("Releasing");
  house.term.crash();
  await house.ship("v3");
  await house.until("v3 has slipped in", () => podsOf(house, "v3") > 0);
  house.term = await house.start("second");
  await house.until("the Rollout is gone", () => isReleased(house));
  expect(podsOf(house, "v3")).toBe(0);
  expect(await servedNow(house)).not.toContain("v3");
  expect(house.events(ref.name).map(({ reason }) => reason)).toContain("LeftPaused");
  expectNobodyHurt(house);
  await house.term.stop();
});

test("where it has rolled out with no controller there, users stay on the twin until a vetted template is back", async () => {
  const house = await rolling();
  await house.alice.delete(rollouts, ref);
  await house.ship("v3");
  house.term.crash();
  await house.until(
    "v3 has rolled out",
    () => podsOf(house, "v3") === 4 && podsOf(house, "v1") + podsOf(house, "v2") === 0,
  );
  house.term = await house.start("second");
  await house.clock.advance(10_000);
  expect([house.phase(), await servedNow(house)]).toEqual(["Releasing", ["v2"]]);
  await house.ship("v2");
  await house.until("the Rollout is gone", () => isReleased(house));
  expect([podsOf(house, "v2"), podsOf(house, "v3")]).toEqual([4, 0]);
  expect(await servedNow(house)).toEqual(["v2"]);
  expectNobodyHurt(house);
  await house.term.stop();
});

test("where the run alone is deleted, users stay on the twin, and the newer template gets its run from there", async () => {
  const house = await rolling();
  await house.alice.delete(rolloutRuns, { namespace: NAMESPACE, name: "checkout-1" });
  await house.clock.advance(200);
  await house.ship("v3");
  expect(await house.untilEnd(1)).toBe("Promoted");
  expect(await servedNow(house)).toEqual(["v2"]);
  await house.until("v3 is promoted", () => house.rolloutStatus().phase === "Healthy");
  expect(house.run()?.spec).toMatchObject({ from: { track: "twin", workload: "checkout-1" } });
  expect(await servedNow(house)).toEqual(["v3"]);
  expectNobodyHurt(house);
  await house.term.stop();
});
