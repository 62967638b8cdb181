import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { openKeptHouse, type House, type Term } from "./fixture.test-helper.ts";
import { servedNow, shipInto, untilPromoted } from "./states.test-helper.ts";

/** v1 was live, v2 is: what comes next is run 2. */
async function houseOnV2(options: Parameters<typeof openKeptHouse>[0] = {}): Promise<House & { term: Term }> {
  const house = await openKeptHouse(options);
  await house.ship("v2");
  await untilPromoted(house);
  return house;
}

const weightsOf = (house: House, ordinal: number) =>
  house.run(ordinal)?.spec.plan.steps.map(({ name, weight }) => [name, weight]);

/** Nobody was failed and nobody met what no run had let them meet. */
function expectUnharmed(house: House, fromMs: number): void {
  expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
  expect(house.unvetted()).toEqual([]);
}

describe("a template that users were on before", () => {
  test("goes to everybody in one step, on a twin at full size, and without approvals", async () => {
    const house = await houseOnV2({ spec: { steps: [{ name: "first", weight: 10, observe: "3s", approval: {} }] } });
    const fromMs = house.clock.now();
    await house.ship("v1");
    await house.untilPhase("Shifting", 2);
    expect(house.run(2)?.spec.reason).toBe("FastPath");
    expect(weightsOf(house, 2)).toEqual([["all", 100]]);
    expect(house.object("deployments.apps", "checkout-2")?.["status"]).toMatchObject({ readyReplicas: 4 });
    await untilPromoted(house);
    expect(await servedNow(house)).toEqual(["v1"]);
    expect(house.run(2)?.status.transitions.map(({ to }) => to)).not.toContain("Paused");
    expectUnharmed(house, fromMs);
    await house.term.stop();
  });

  test("says why there were no steps", async () => {
    const house = await houseOnV2();
    await house.ship("v1");
    await house.untilPhase("Shifting", 2);
    await house.clock.advance(1_000);
    const told = house.events("checkout-2").find(({ reason }) => reason === "PreflightPassed");
    expect(told?.note).toContain("users were on this version before, so it goes to 100 % at once");
    await house.term.stop();
  });

  test("waits while the Rollout is suspended", async () => {
    const house = await houseOnV2();
    await house.editRollout((spec) => (spec["suspend"] = true));
    await house.ship("v1");
    await house.clock.advance(10_000);
    expect(house.run()?.name).toBe("checkout-1");
    expect(await servedNow(house)).toEqual(["v2"]);
    await house.editRollout((spec) => (spec["suspend"] = false));
    await house.untilPhase("Shifting", 2);
    expect(house.run(2)?.spec.reason).toBe("FastPath");
    await house.term.stop();
  });

  test("is begun anew on the same path when the Rollout is changed before the run began", async () => {
    // A preflight that fails keeps the run where a changed Rollout makes it give way.
    const house = await houseOnV2();
    house.sim.prometheus.setMode("down");
    await house.ship("v1");
    await house.untilPhase("Preflight", 2);
    await house.clock.advance(10_000);
    expect(house.run()?.spec.ordinal).toBe(2);
    await house.editRollout((spec) => (spec["promotion"] = { ramp: [100], observe: "4s", keepPrevious: "3s" }));
    await house.until("the run gave way", () => house.phase(2) === "Superseded" && house.run(3) !== undefined);
    expect(house.run(3)?.spec.reason).toBe("FastPath");
    house.sim.prometheus.setMode("up");
    await untilPromoted(house);
    expect(house.run()?.spec.ordinal).toBe(3);
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.term.stop();
  });

  test.each<Phase>(["Waiting", "Scaling", "Observing", "Paused", "Converging"])(
    "takes the fast path also when it comes in %s of a run of a third version",
    async (phase) => {
      const house = await houseOnV2({ spec: { steps: [{ name: "first", weight: 10, observe: "3s", approval: {} }] } });
      const fromMs = house.clock.now();
      await house.ship("v3");
      if (phase === "Converging") await house.untilPhase("Waiting", 2).then(() => house.command("promote"));
      if (phase === "Paused") await house.untilPhase("Observing", 2).then(() => house.command("pause"));
      await house.untilPhase(phase, 2);
      await house.ship("v1");
      expect(await house.untilEnd(2)).toBe(phase === "Converging" ? "Promoted" : "Superseded");
      await house.untilPhase("Shifting", 3);
      expect(house.run(3)?.spec.reason).toBe("FastPath");
      await untilPromoted(house);
      expect(await servedNow(house)).toEqual(["v1"]);
      expectUnharmed(house, fromMs);
      await house.term.stop();
    },
  );

  test("is guarded: when it breaks today's objectives users go back, and a retry has every step", async () => {
    const limit = (max: string) => ({
      interval: "1s",
      minRequests: 20,
      objectives: [{ name: "errors", errorRate: { max } }],
    });
    const house = await openKeptHouse({ spec: { analysis: limit("30%") } as never });
    await house.ship("v2-errors10");
    await untilPromoted(house);
    await house.ship("v3");
    await house.untilPhase("Promoted", 2);
    await untilPromoted(house);
    await house.editRollout((spec) => (spec["analysis"] = limit("2%")));
    await house.ship("v2-errors10");
    expect(await house.untilEnd(3)).toBe("RolledBack");
    expect(house.run(3)?.spec.reason).toBe("FastPath");
    expect(house.run(3)?.status.end?.reason).toBe("Breach");
    expect(await servedNow(house)).toEqual(["v3"]);

    await house.command("retry");
    await house.untilPhase("Observing", 4);
    expect(house.run(4)?.spec.reason).toBe("Retry");
    expect(weightsOf(house, 4)?.[0]).toEqual(["first", 10]);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("and was aborted stays out, as any version that somebody refused", async () => {
    const house = await houseOnV2();
    await house.ship("v1");
    await house.untilPhase("Scaling", 2);
    await house.command("abort");
    expect(await house.untilEnd(2)).toBe("Aborted");
    await house.clock.advance(10_000);
    expect(house.run()?.spec.ordinal).toBe(2);
    expect(await servedNow(house)).toEqual(["v2"]);
    await house.term.stop();
  });

  test.each([
    [1, "before"],
    [3, "after"],
    [6, "before"],
    [9, "after"],
  ] as const)("gets there when the controller dies at change %i of a run, %s it is heard of", async (call, when) => {
    const house = await houseOnV2();
    const fromMs = house.clock.now();
    let seen = 0;
    let died = false;
    const { term } = house;
    house.sim.store.onChange("rolloutruns.sluice.dev", () => {
      if (++seen !== call) return;
      died = true;
      if (when === "before") term.crash();
      else queueMicrotask(() => term.crash());
    });
    await house.ship("v1");
    await house.until("the controller died", () => died);
    await house.clock.advance(3_000);
    const next = await house.start("second");
    await untilPromoted(house);
    expect(house.run()?.spec).toMatchObject({ ordinal: 2, reason: "FastPath" });
    expect(await servedNow(house)).toEqual(["v1"]);
    expectUnharmed(house, fromMs);
    await next.stop();
  });
});

describe("a template that users were not on", () => {
  test("because it was rolled back, has every step when it comes again", async () => {
    const house = await houseOnV2();
    await house.ship("v3-errors50");
    expect(await house.untilEnd(2)).toBe("RolledBack");
    await house.ship("v4");
    await house.untilPhase("Observing", 3);
    await house.ship("v3-errors50");
    await house.untilPhase("Observing", 4);
    expect(house.run(4)?.spec.reason).toBe("NewRevision");
    expect(weightsOf(house, 4)?.[0]).toEqual(["first", 10]);
    await house.term.stop();
  });

  test("because it was undone, has every step when it comes again", async () => {
    const house = await openKeptHouse();
    await shipInto(house, "Undoing");
    expect(await house.untilEnd(1)).toBe("Aborted");
    await house.ship("v3");
    await house.untilPhase("Observing", 2);
    await house.ship("v2");
    await house.untilPhase("Observing", 3);
    expect(house.run(3)?.spec.reason).toBe("NewRevision");
    await house.term.stop();
  });

  test("within the runs that are kept, has every step", async () => {
    const house = await openKeptHouse({ spec: { historyLimit: 1 } });
    for (const [index, tag] of ["v2", "v3", "v4"].entries()) {
      await house.ship(tag);
      await house.until(`${tag} is promoted`, () => house.phase(index + 1) === "Promoted");
      await house.clock.advance(2_000);
    }
    await house.ship("v1");
    await house.untilPhase("Observing", 4);
    expect(house.run(4)?.spec.reason).toBe("NewRevision");
    await house.term.stop();
  });
});
