import { expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

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

test("an undo after the end brings the version before on pods of its own, and users stay there until Git says so too", async () => {
  const house = await houseIn("Promoted");
  await untilPromoted(house);
  await house.command("undo");
  await house.until("the undo has begun", () => house.run()?.spec.ordinal === 2);
  expect(house.run(2)?.spec).toMatchObject({ reason: "Undo", plan: { steps: [{ name: "all", weight: 100 }] } });
  expect(await house.untilEnd(2)).toBe("Promoted");
  await house.clock.advance(5_000);
  expect(await servedNow(house)).toEqual(["v1"]);
  expect(house.rolloutStatus()).toMatchObject({ phase: "RolledBack", live: { track: "twin", revision: "checkout-0" } });
  expect(house.rolloutStatus().conditions.find(({ type }) => type === "LiveOnTwin")?.status).toBe("True");
  await house.clock.advance(120_000);
  expect(house.run()?.spec.ordinal).toBe(2);

  await house.ship("v1");
  await house.until("the Deployment has caught up", () => house.rolloutStatus().phase === "Healthy");
  expect(house.rolloutStatus().live).toMatchObject({ track: "own" });
  expect(house.sim.store.list("deployments.apps", "shop")).toHaveLength(1);
  expect(await servedNow(house)).toEqual(["v1"]);

  await house.ship("v2");
  await house.until("what was undone comes again", () => house.run()?.spec.ordinal === 4);
  expect(house.run(4)?.spec.reason).toBe("NewRevision");
  await untilPromoted(house);
  expect(house.sim.users.summary().failed).toBe(0);
  expect(house.unvetted()).toEqual([]);
  await house.term.stop();
});

test.each<Phase>(["Converging", "Joining"])("an undo in %s is taken once that is finished", async (phase) => {
  const house = await houseIn(phase);
  await house.command("undo");
  await house.until("the undo has begun", () => house.run()?.spec.ordinal === 2);
  expect(await house.untilEnd(1)).toBe("Promoted");
  expect(await house.untilEnd(2)).toBe("Promoted");
  await house.clock.advance(3_000);
  expect(await servedNow(house)).toEqual(["v1"]);
  expect(house.sim.users.summary().failed).toBe(0);
  await house.term.stop();
});

test("after an undo a retry brings what was undone, in every step; another template leaves the undo as well", async () => {
  const house = await houseIn("Promoted");
  await untilPromoted(house);
  await house.command("undo");
  await house.until("the undo has begun", () => house.run()?.spec.ordinal === 2);
  await house.untilEnd(2);
  await house.clock.advance(2_000);
  await house.command("retry");
  await house.until("it is tried again", () => house.run()?.spec.ordinal === 3);
  expect(house.run(3)?.spec).toMatchObject({ reason: "Retry", from: { track: "twin" } });
  await house.ship("v3");
  await house.until("the newer one is on its way", () => house.run()?.spec.ordinal === 4);
  await untilPromoted(house);
  expect(await servedNow(house)).toEqual(["v3"]);
  expect(house.sim.store.list("deployments.apps", "shop")).toHaveLength(1);
  expect(house.sim.users.summary().failed).toBe(0);
  expect(house.unvetted()).toEqual([]);
  await house.term.stop();
});

test("an undo with no version before is refused with a reason", async () => {
  const house = await houseIn("RolledBack");
  await house.command("undo");
  await house.clock.advance(5_000);
  const told = house.events("checkout-1").find(({ reason }) => reason === "CommandRefused");
  expect(told?.note).toContain("no run that is kept knows a version before the live one");
  expect(house.run()?.spec.ordinal).toBe(1);
  await house.term.stop();
});

test("an undo is refused while the Deployment asks for a version that was refused, which would be tried again; and it is not taken later", async () => {
  const house = await houseIn("Promoted");
  await untilPromoted(house);
  await house.ship("v3-errors50");
  await house.until("it is tried", () => house.run()?.spec.ordinal === 2);
  expect(await house.untilEnd(2)).toBe("RolledBack");
  const failed = house.sim.users.summary().failed;
  await house.command("undo");
  await house.until("that is answered", () =>
    house.events("checkout-2").some(({ reason, note }) => reason === "CommandRefused" && /another template/.test(note)),
  );
  await house.clock.advance(120_000);
  expect(house.run()?.spec.ordinal).toBe(2);
  expect(house.sim.users.summary().failed).toBe(failed);

  await house.ship("v2");
  await house.until("the Deployment is as users have it", () => house.rolloutStatus().phase === "Healthy");
  await house.clock.advance(120_000);
  expect(house.run()?.spec.ordinal).toBe(2);
  await house.command("undo");
  await house.until("said anew it is taken", () => house.run()?.spec.ordinal === 3);
  expect(await house.untilEnd(3)).toBe("Promoted");
  await house.clock.advance(5_000);
  expect(await servedNow(house)).toEqual(["v1"]);
  await house.term.stop();
});
