import { expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { deployments } from "../kube/resources.ts";
import { ref } from "./fixture.test-helper.ts";
import { houseIn, servedNow } from "./states.test-helper.ts";

/** From the controller's start until every user is served again: a pass, and what proxies need. */
const SERVED_MS = 2_000;

test.each<Phase>(["Waiting", "Fencing", "Scaling", "Shifting", "Observing", "Paused"])(
  "a Deployment that rolled out whole in %s, past its hold and with no controller there, serves its users again at once, and they are brought back",
  async (phase) => {
    const house = await houseIn(phase, { hold: "none" });
    house.term.crash();
    await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { paused: null } } });
    await house.clock.advance(12_000);
    house.term = await house.start("second");
    await house.clock.advance(SERVED_MS);
    const fromMs = house.clock.now();
    const end = await house.untilEnd(1);
    expect(end).toBe("RolledBack");
    expect(house.run(1)?.status.end).toMatchObject({
      reason: "HoldBroken",
      message: expect.stringMatching(/past its hold/) as unknown,
    });
    await house.until(
      "users are back",
      () => house.run()?.spec.reason === "Undo" && house.phase() === "Promoted",
      60_000,
    );
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    await house.clock.advance(1_000);
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.term.stop();
  },
);
