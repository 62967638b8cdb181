import { expect, test } from "vitest";
import { isSluice, openKeptHouse } from "./fixture.test-helper.ts";

test("writes the Rollout's status only where it says something new", async () => {
  const house = await openKeptHouse();
  let asked = 0;
  let changed = 0;
  house.sim.setFault((call) => {
    if (isSluice(call) && call.verb === "update" && call.resource === "rollouts.sluice.dev") asked += 1;
    return undefined;
  });
  house.sim.store.onChange("rollouts.sluice.dev", () => void (changed += 1));
  await house.ship("v2");
  await house.untilEnd();
  await house.clock.advance(60_000);
  expect(changed).toBeGreaterThan(5);
  expect(asked).toBe(changed);
});
