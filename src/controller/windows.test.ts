import { describe, expect, test } from "vitest";
import { openKeptHouse, type House, type HouseOptions } from "./fixture.test-helper.ts";

type Windows = NonNullable<NonNullable<HouseOptions["spec"]>["windows"]>;

const MINUTE = 60_000;
const at = (house: House) => new Date(house.clock.now());
/** A daily window around now by the house's clock: `before` and `after` in minutes. */
async function withWindow(kind: "Allow" | "Deny", inMinutes: number, more: Partial<Windows[number]> = {}) {
  const house = await openKeptHouse({ spec: { steps: [{ name: "first", weight: 10, observe: "3m" }] } });
  const start = new Date(house.clock.now() + inMinutes * MINUTE);
  const schedule = `${start.getUTCMinutes()} ${start.getUTCHours()} * * *`;
  const windows: Windows = [{ name: "daily", kind, schedule, duration: "10m", ...more }];
  await house.editRollout((spec) => {
    spec["windows"] = windows;
  });
  await house.clock.advance(1_000);
  return house;
}

const opening = (house: House, inMinutes: number) => {
  const time = new Date(at(house).getTime() + inMinutes * MINUTE);
  time.setUTCSeconds(0, 0);
  return time.toISOString();
};

describe("a run", () => {
  test("waits for an allow window, says until when, and then goes on by itself", async () => {
    const house = await withWindow("Allow", 20);
    const opensAt = opening(house, 20);
    await house.ship("v2");
    await house.untilPhase("Waiting", 1);
    await house.until("it says so", () => house.rolloutStatus().nextWakeTime !== undefined);
    const status = house.rolloutStatus();
    expect(status).toMatchObject({ phase: "Paused", nextWakeTime: opensAt, weight: 0 });
    expect(status.message).toMatch(/waiting for a window: outside the allow window daily .*; opens /);
    expect(status.conditions.find(({ type }) => type === "Reconciling")).toMatchObject({ reason: "WaitingForWindow" });
    expect(house.run()?.status.window).toMatchObject({ opensAt });
    await house.clock.advance(10 * MINUTE);
    expect(house.phase()).toBe("Waiting");
    expect(house.events("checkout-1").filter(({ reason }) => reason === "WaitingForWindow")).toHaveLength(1);
    expect(house.sim.users.summary().byVersion).not.toHaveProperty("v2");
    await house.until("the window is open", () => house.phase() !== "Waiting", 12 * MINUTE);
    expect(Math.abs(house.clock.now() - Date.parse(opensAt))).toBeLessThan(2_000);
    expect(await house.untilEnd(1, 30 * MINUTE)).toBe("Promoted");
    expect(house.rolloutStatus().nextWakeTime).toBeUndefined();
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("under way holds its weight in a freeze, and goes on after it", async () => {
    const house = await withWindow("Deny", 2);
    await house.ship("v2");
    await house.untilPhase("Observing", 1);
    await house.untilPhase("Waiting", 1, 5 * MINUTE);
    await house.clock.advance(3 * MINUTE);
    expect(house.run()?.status).toMatchObject({ phase: "Waiting", step: 1, weightInForce: 10 });
    expect(house.rolloutStatus().message).toMatch(/10% of the users.*inside the deny window daily/);
    expect(await house.untilEnd(1, 30 * MINUTE)).toBe("Promoted");
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("is taken back inside a closed window as at any time", async () => {
    const house = await withWindow("Deny", 1);
    await house.ship("v2");
    await house.untilPhase("Observing", 1);
    await house.clock.advance(2 * MINUTE);
    expect(house.phase()).toBe("Observing");
    await house.command("abort");
    expect(await house.untilEnd(1)).toBe("Aborted");
    expect(house.rolloutStatus().nextWakeTime).toBeUndefined();
    await house.term.stop();
  });

  test("finishes where the window says Finish", async () => {
    const house = await withWindow("Deny", 2, { overrun: "Finish" });
    const begunMs = house.clock.now();
    await house.ship("v2");
    expect(await house.untilEnd(1, 30 * MINUTE)).toBe("Promoted");
    expect(house.clock.now() - begunMs).toBeLessThan(9 * MINUTE);
    await house.term.stop();
  });

  test("is taken back where the window says Rollback, and stays out until somebody says retry", async () => {
    const house = await withWindow("Deny", 2, { overrun: "Rollback" });
    await house.ship("v2");
    await house.untilPhase("Observing", 1);
    expect(await house.untilEnd(1, 5 * MINUTE)).toBe("RolledBack");
    expect(house.run(1)?.status.end).toMatchObject({ reason: "WindowClosed" });
    await house.command("retry");
    await house.untilPhase("Waiting", 2);
    await house.clock.advance(1 * MINUTE);
    expect(house.phase(2)).toBe("Waiting");
    expect(await house.untilEnd(2, 30 * MINUTE)).toBe("Promoted");
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("keeps the windows that it began with", async () => {
    const house = await withWindow("Allow", 20);
    await house.ship("v2");
    await house.untilPhase("Waiting", 1);
    await house.editRollout((spec) => {
      delete spec["windows"];
    });
    await house.clock.advance(2 * MINUTE);
    expect(house.phase(1)).toBe("Waiting");
    await house.term.stop();
  });

  test("that goes back to a version which users were on before waits for no window", async () => {
    const house = await withWindow("Deny", 30, { duration: "3h" });
    await house.ship("v2");
    expect(await house.untilEnd(1, 30 * MINUTE)).toBe("Promoted");
    await house.clock.advance(30 * MINUTE);
    await house.ship("v1");
    expect(await house.untilEnd(2)).toBe("Promoted");
    expect(house.run(2)?.spec).toMatchObject({ reason: "FastPath", plan: { windows: [] } });
    await house.term.stop();
  });
});
