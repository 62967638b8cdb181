import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { ApiError } from "../kube/errors.ts";
import type { Call } from "../sim/api.ts";
import { isSluice, openKeptHouse } from "./fixture.test-helper.ts";
import { houseIn, servedNow, tagFor, untilPromoted, type KeptHouse } from "./states.test-helper.ts";

const writes: readonly string[] = ["create", "update", "patch", "delete"];
const isWrite = (call: Call) =>
  isSluice(call) &&
  writes.includes(call.verb) &&
  !call.resource.startsWith("events") &&
  !call.resource.startsWith("self");
const killed = () => new ApiError(0, "Network", "the process was killed");

/** Kills the controller at a write: before it is made, or after, with the answer lost. Gives what that write was. */
function killAt(house: KeptHouse, isIt: (call: Call) => boolean, when: "before" | "after"): () => string {
  let last = "";
  house.sim.setFault((call) => {
    if (last !== "" || !isWrite(call) || !isIt(call)) return undefined;
    last = `${call.verb} ${call.resource} ${call.subresource ?? ""}`.trim();
    house.term.crash();
    return { error: killed(), afterwards: when === "after" };
  });
  return () => last;
}

async function startAnother(house: KeptHouse): Promise<void> {
  house.sim.setFault(undefined);
  house.term.crash();
  await house.clock.advance(2_000);
  house.term = await house.start("second");
}

describe("a controller that is killed and comes back under another name", () => {
  test.each<[Phase, Phase]>([
    ["Preflight", "Promoted"],
    ["Fencing", "Promoted"],
    ["Scaling", "Promoted"],
    ["Shifting", "Promoted"],
    ["Observing", "Promoted"],
    ["SwappingLabels", "Promoted"],
    ["SwappingWeight", "Promoted"],
    ["Keeping", "Promoted"],
    ["Converging", "Promoted"],
    ["Joining", "Promoted"],
    ["Withdrawing", "RolledBack"],
    ["Draining", "RolledBack"],
    ["Undoing", "Aborted"],
  ])("in %s goes on, and ends %s", async (phase, end) => {
    const house = await houseIn(phase);
    const fromMs = house.clock.now();
    await startAnother(house);
    expect(await house.untilEnd(1)).toBe(end);
    await house.clock.advance(1_500);
    expect(await servedNow(house)).toEqual([end === "Promoted" ? tagFor(phase) : "v1"]);
    expect(house.unvetted()).toEqual([]);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(house.sim.store.list("rolloutruns.sluice.dev")).toHaveLength(1);
    expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
    expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
    await house.term.stop();
  });

  // Every write of a release has been tried; this is a spread of them.
  test.each(
    [3, 9, 17, 25, 33, 41, 52, 64, 77].flatMap((at) => [
      { at, when: "before" as const },
      { at, when: "after" as const },
    ]),
  )("at write $at of a release ($when it is made) promotes all the same", async ({ at, when }) => {
    const house = await openKeptHouse();
    const before = house.userObjects();
    let left = at;
    const last = killAt(house, () => left-- === 0, when);
    await house.ship("v2");
    await house.until("it was killed", () => last() !== "" || house.phase() === "Promoted");
    await startAnother(house);
    await untilPromoted(house);
    await house.clock.advance(2_000);
    expect(house.sim.users.summary().failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    expect(house.userObjects()).toBe(before.replace("checkout:v1", "checkout:v2"));
    await house.term.stop();
  });

  test("between taking users away and remembering it, knows by the writer's name that they are on their way back", async () => {
    const house = await openKeptHouse({ requestsPerSecond: 100 });
    let lowered = false;
    house.sim.store.onChange("virtualservices.networking.istio.io", ({ object }) => {
      const managers = object.metadata.managedFields?.map(({ manager }) => manager) ?? [];
      lowered ||= managers.includes("sluice-withdraw");
    });
    const last = killAt(house, (call) => lowered && call.resource === "rolloutruns.sluice.dev", "before");
    await house.ship("v2-errors50");
    await house.until("it was killed", () => last() !== "");
    expect(house.phase()).not.toBe("Withdrawing");
    const killedMs = house.clock.now();
    await startAnother(house);
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect(house.run()?.status.transitions.map(({ event }) => event)).toContain("withdrawalFound");
    expect(house.sim.users.summary({ fromMs: killedMs + 500 }).failed).toBe(0);
    expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
    await house.term.stop();
  });

  test("between the end of a run and letting go of it, lets go of it then", async () => {
    const house = await openKeptHouse();
    const isLast = (call: Call) => call.verb === "patch" && call.resource === "rolloutruns.sluice.dev";
    const last = killAt(house, isLast, "before");
    await house.ship("v2");
    await house.until("it was killed", () => last() !== "");
    expect(house.phase()).toBe("Promoted");
    await startAnother(house);
    await untilPromoted(house);
    await house.clock.advance(1_000);
    expect(house.object("rolloutruns.sluice.dev", "checkout-1")?.metadata.finalizers ?? []).toEqual([]);
    expect(house.rolloutStatus().live).toMatchObject({ track: "own", revision: "checkout-1" });
    await house.term.stop();
  });

  test("while the old one does not know yet that it no longer leads, is not disturbed by it", async () => {
    const house = await houseIn("Observing");
    await house.start("second");
    expect(await house.untilEnd(1)).toBe("Promoted");
    await house.clock.advance(2_000);
    expect(house.sim.users.summary().failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });
});
