import { expect, test } from "vitest";
import { houseIn, untilPromoted } from "./states.test-helper.ts";

test("a version that users were on before comes back at full capacity and 100 % at once, guarded and without the steps", async () => {
  const house = await houseIn("Promoted");
  await untilPromoted(house);
  await house.ship("v1");
  await house.until("a run brings it back", () => house.run()?.spec.ordinal === 2);
  expect(house.run(2)?.spec).toMatchObject({ reason: "FastPath", plan: { steps: [{ name: "all", weight: 100 }] } });
  await untilPromoted(house);
  await house.clock.advance(2_000);
  expect(house.versionsSince(house.clock.now() - 500)).toEqual(["v1"]);
  const told = house.events("checkout-2");
  expect(told.filter(({ reason }) => reason === "StepStarted")).toHaveLength(1);
  expect(told.find(({ reason }) => reason === "PreflightPassed")?.note).toContain("users were on this version before");
  expect(house.sim.users.summary().failed).toBe(0);
  await house.term.stop();
});

test("a version that was refused has every step again when it comes back", async () => {
  const house = await houseIn("RolledBack");
  await house.ship("v3");
  await house.until("the next version is on its way", () => house.run()?.spec.ordinal === 2);
  await untilPromoted(house);
  await house.ship("v2-errors50");
  await house.until("it is tried", () => house.run()?.spec.ordinal === 3);
  expect(house.run(3)?.spec).toMatchObject({ reason: "NewRevision" });
  expect(house.run(3)?.spec.plan.steps.map(({ name }) => name)).toContain("first");
  expect(await house.untilEnd(3)).toBe("RolledBack");
  await house.term.stop();
});
