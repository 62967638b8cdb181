import { describe, expect, test } from "vitest";
import type { Phase, Verb } from "../api/phase.ts";
import { openKeptHouse, ref, type House } from "./fixture.test-helper.ts";
import { rolloutRuns } from "./resources.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

const refusals = (house: House) =>
  house
    .events("checkout-1")
    .filter(({ reason }) => reason === "CommandRefused")
    .map(({ note }) => note);

async function untilSeen(house: House, id: string): Promise<void> {
  await house.until(`${id} is taken`, () => house.run(1)?.status.commandsSeen.includes(id) === true);
  await house.clock.advance(100);
}

describe("a command", () => {
  test("pause holds the share, resume goes on from it in a new epoch", async () => {
    const house = await houseIn("Observing");
    await house.command("pause");
    await house.untilPhase("Paused", 1);
    await house.clock.advance(30_000);
    expect(house.run()?.status).toMatchObject({ phase: "Paused", weightInForce: 10, epoch: 0 });
    expect(await servedNow(house)).toEqual(["v1", "v2"]);
    await house.command("resume");
    await untilPromoted(house);
    expect(house.run()?.status.epoch).toBe(1);
    expect(house.sim.users.summary().failed).toBe(0);
    const paused = house.run()?.status.transitions.find(({ to }) => to === "Paused");
    expect(paused).toMatchObject({ event: "pause", by: "alice" });
    await house.term.stop();
  });

  test("approve opens the gate of the step that it names; nothing else does", async () => {
    const house = await houseIn("Waiting");
    const step = house.run()?.spec.plan.steps.findIndex(({ approval }) => approval);
    await house.clock.advance(60_000);
    expect(house.phase()).toBe("Waiting");
    expect(house.rolloutStatus().message).toMatch(/approval of step first/);
    await untilSeen(house, await house.command("approve", "nonsense"));
    expect(house.phase()).toBe("Waiting");
    expect(refusals(house).join()).toMatch(/nonsense/);
    await house.command("approve", "first");
    await untilPromoted(house);
    expect(step).toBe(0);
    await house.term.stop();
  });

  test("given early still counts: an approval in preflight opens the gate later", async () => {
    const spec = { steps: [{ name: "first", weight: 10, observe: "3s", approval: {} }] };
    const house = await houseIn("Preflight", { spec });
    await house.command("approve", "first");
    await untilPromoted(house);
    await house.term.stop();
  });

  test("skip ends the observation of the step that it names", async () => {
    const house = await houseIn("Observing", { spec: { steps: [{ name: "first", weight: 10, observe: "1h" }] } });
    await house.command("skip", "first");
    await house.until("the next step begins", () => house.run()?.status.step === 1, 10_000);
    expect(await house.untilEnd(1)).toBe("Promoted");
    await house.term.stop();
  });

  test("promote goes to the last step, which is still looked at", async () => {
    const steps = [
      { name: "first", weight: 10, observe: "1h" },
      { name: "half", weight: 50, observe: "1h", approval: {} },
    ];
    const house = await houseIn("Observing", { spec: { steps } });
    await house.command("promote");
    expect(await house.untilEnd(1)).toBe("Promoted");
    const observed = house.run()?.status.transitions.filter(({ to }) => to === "Observing").length;
    expect(observed).toBe(2);
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test.each<Phase>(["Preflight", "Fencing", "Scaling", "Shifting", "Observing", "Paused", "SwappingLabels"])(
    "abort in %s takes users back to the old version",
    async (phase) => {
      const house = await houseIn(phase);
      await house.command("abort");
      expect(await house.untilEnd(1)).toBe("Aborted");
      expect(await servedNow(house)).toEqual(["v1"]);
      expect(house.sim.users.summary().failed).toBe(0);
      expect(house.run()?.status.end).toMatchObject({ reason: "Aborted", by: "alice" });
      expect(house.rolloutStatus().conditions).toMatchObject([{ reason: "Aborted" }, { type: "Stalled" }]);
      await house.term.stop();
    },
  );
});

describe("while the old pods are kept", () => {
  const long = { spec: { promotion: { ramp: [100], observe: "3s", keepPrevious: "20s" } } };

  test.each<Verb>(["abort", "undo"])("%s brings users back to them, and not one request fails", async (verb) => {
    const house = await houseIn("Keeping", long);
    const fromMs = house.clock.now();
    await house.command(verb);
    expect(await house.untilEnd(1)).toBe("Aborted");
    expect(await servedNow(house)).toEqual(["v1"]);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
    await house.term.stop();
  });

  test("pause stops the clock, resume starts it again, promote ends it", async () => {
    const house = await houseIn("Keeping", long);
    await house.command("pause");
    await house.clock.advance(60_000);
    expect(house.phase()).toBe("Keeping");
    await untilSeen(house, await house.command("resume"));
    await house.clock.advance(15_000);
    expect(house.phase()).toBe("Keeping");
    await house.command("promote");
    await house.until("it converges", () => house.phase() !== "Keeping", 3_000);
    expect(await house.untilEnd(1)).toBe("Promoted");
    await house.term.stop();
  });
});

describe("a command that has no meaning where the run is", () => {
  test.each<[Verb, Phase, RegExp]>([
    ["resume", "Observing", /nothing is paused/],
    ["undo", "Observing", /abort/],
    ["retry", "Observing", /retry is for a run that has ended/],
    ["promote", "Paused", /resume/],
    ["pause", "SwappingLabels", /cannot be paused/],
    ["promote", "Withdrawing", /retry/],
    ["resume", "Withdrawing", /retry/],
  ])("(%s in %s) is refused with a sentence that says what to do", async (verb, phase, sentence) => {
    const house = await houseIn(phase);
    await untilSeen(house, await house.command(verb));
    expect(refusals(house).join()).toMatch(sentence);
    expect(refusals(house)).toHaveLength(1);
    await house.term.stop();
  });
});

test("a command whose id is no name of an object is answered like any other", async () => {
  const house = await houseIn("Observing");
  const run = { ...ref, name: "checkout-1" };
  const add = [{ op: "add" as const, path: "/spec/commands/-", value: { id: "Resume it_1", verb: "resume" } }];
  await house.alice.patch(rolloutRuns, run, { type: "json", operations: add });
  await house.until("it is told", () => refusals(house).length === 1, 3_000);
  await house.term.stop();
});

describe("suspend", () => {
  test("starts nothing, and lets it begin when it is taken back", async () => {
    const house = await openKeptHouse({ spec: { suspend: true } });
    await house.ship("v2");
    await house.clock.advance(30_000);
    expect(house.run()).toBeUndefined();
    expect(house.versionsSince(0)).toEqual(["v1"]);
    expect(house.rolloutStatus().conditions).toMatchObject([
      { type: "Ready", status: "Unknown" },
      { type: "Reconciling", reason: "Suspended" },
    ]);
    await house.editRollout((spec) => void (spec["suspend"] = false));
    await untilPromoted(house);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("holds what runs, and does not keep a bad version with users", async () => {
    const house = await houseIn("Observing");
    await house.editRollout((spec) => void (spec["suspend"] = true));
    await house.clock.advance(60_000);
    expect(house.run()?.status.weightInForce).toBe(10);
    await house.ship("v1");
    expect(await house.untilEnd(1)).toBe("Superseded");
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.term.stop();
  });
});
