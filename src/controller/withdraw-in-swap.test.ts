import { expect, test } from "vitest";
import { ApiError } from "../kube/errors.ts";
import { isSluice } from "./fixture.test-helper.ts";
import { houseIn } from "./states.test-helper.ts";

test("in the middle of the swap users are taken away also while the run's status cannot be written", async () => {
  const house = await houseIn("SwappingLabels");
  const fromMs = house.clock.now();
  house.sim.setFault((call) =>
    isSluice(call) && call.resource === "rolloutruns.sluice.dev" && call.subresource === "status"
      ? { error: new ApiError(500, "InternalError", "etcdserver: request timed out") }
      : undefined,
  );
  await house.command("abort");
  await house.clock.advance(4_000);
  expect(house.versionsSince(house.clock.now() - 2_000)).toEqual(["v1"]);
  expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
  house.sim.setFault(undefined);
  expect(await house.untilEnd(1)).toBe("Aborted");
});
