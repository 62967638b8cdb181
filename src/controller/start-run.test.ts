import { expect, test } from "vitest";
import { ApiError } from "../kube/errors.ts";
import { isSluice, openKeptHouse } from "./fixture.test-helper.ts";

test("one run begins, also when the answer to its creation is lost and watches are late", async () => {
  const house = await openKeptHouse();
  const names: string[] = [];
  house.sim.store.onChange("rolloutruns.sluice.dev", ({ type, object }) => {
    if (type === "ADDED") names.push(object.metadata.name);
  });
  let lost = 0;
  house.sim.setFault((call) => {
    if (!isSluice(call) || call.verb !== "create" || call.resource !== "rolloutruns.sluice.dev" || lost > 0)
      return undefined;
    lost += 1;
    house.sim.setWatchDelay(5_000);
    return { error: new ApiError(0, "Network", "socket hang up"), afterwards: true };
  });
  await house.ship("v2");
  await house.until("the answer was lost", () => lost === 1);
  await house.clock.advance(8_000);
  house.sim.setWatchDelay(0);
  expect(await house.untilEnd(1)).toBe("Promoted");
  await house.clock.advance(60_000);
  expect(names).toEqual(["checkout-1"]);
});
