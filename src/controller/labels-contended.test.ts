import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { destinationRules } from "../sim/kinds.ts";
import { ref, type House } from "./fixture.test-helper.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

const inGit = {
  host: "checkout",
  trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } },
  subsets: [
    { name: "stable", labels: { app: "checkout" } },
    { name: "canary", labels: { app: "checkout" } },
  ],
};

/** A sync of a GitOps tool that has no ignore rule. */
const sync = (house: House) =>
  house.sim.as("user:argocd").patch(
    destinationRules,
    ref,
    {
      type: "apply",
      force: true,
      object: { apiVersion: "networking.istio.io/v1", kind: "DestinationRule", metadata: { ...ref }, spec: inGit },
    },
    { fieldManager: "argocd-controller" },
  );

/** Syncs each `everyMs` until `done`; gives how often. */
async function syncUntil(house: House, everyMs: number, done: () => boolean, limit = 12): Promise<number> {
  let syncs = 0;
  while (!done() && syncs < limit) {
    await sync(house);
    syncs += 1;
    await house.clock.advance(everyMs);
  }
  return syncs;
}

const contended = (house: House) => house.rolloutStatus().conditions.find(({ type }) => type === "RouteContended");
const remedy = /subsets of DestinationRule shop\/checkout.*argocd-controller.*\.spec\.subsets.*ignoreDifferences/;

describe("a GitOps tool that writes the labels of Git's subsets again and again", () => {
  test.each<Phase>(["Scaling", "Observing", "Paused"])(
    "in %s ends the run at the sixth time in two minutes, whose candidate goes; all is as Git has it, and it says who and what to do",
    async (phase) => {
      const house = await houseIn(phase, {
        form: "split",
        spec: { steps: [{ name: "first", weight: 10, observe: "5m" }] },
      });
      const isGoing = () => house.run()?.status.end !== undefined;
      expect(await syncUntil(house, 3_000, isGoing)).toBe(6);
      // The tool goes on while the candidate is taken away, and its pods go all the same.
      await syncUntil(house, 1_000, () => house.object("deployments.apps", "checkout-1") === undefined);
      expect(await house.untilEnd(1)).toBe("RolledBack");
      await house.clock.advance(3_000);
      expect(house.run()?.status.end).toMatchObject({
        reason: "RouteContended",
        message: expect.stringMatching(remedy) as unknown,
      });
      expect(contended(house)).toMatchObject({ status: "True", message: expect.stringMatching(remedy) as unknown });
      expect(house.events("checkout-1").filter(({ reason }) => reason === "LabelsReset")).toHaveLength(
        house.run()?.status.relabels.length ?? 0,
      );
      expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
      expect(await servedNow(house)).toEqual(["v1"]);
      expect(house.sim.users.summary().failed).toBe(0);
      expect(house.object("destinationrules.networking.istio.io")?.["spec"]).toEqual(inGit);
      // The next template gets its run, with the condition gone.
      await house.ship("v3");
      await house.untilPhase("Observing", 2);
      expect(contended(house)).toBeUndefined();
      await house.term.stop();
    },
  );

  test("is counted over a crash of the controller", async () => {
    const house = await houseIn("Observing", {
      form: "split",
      spec: { steps: [{ name: "first", weight: 10, observe: "5m" }] },
    });
    expect(await syncUntil(house, 3_000, () => false, 3)).toBe(3);
    house.term.crash();
    house.term = await house.start("second");
    await syncUntil(house, 3_000, () => house.run()?.status.end !== undefined, 3);
    expect(house.run()?.status.end).toMatchObject({ reason: "RouteContended" });
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("at most five times in two minutes stops nothing: labels are put right, and it is told each time", async () => {
    const house = await houseIn("Observing", {
      form: "split",
      spec: { steps: [{ name: "first", weight: 10, observe: "5m" }] },
    });
    expect(await syncUntil(house, 25_000, () => false, 8)).toBe(8);
    expect(house.phase()).toBe("Observing");
    expect(JSON.stringify(house.object("destinationrules.networking.istio.io"))).toContain(
      '"sluice.dev/run":"checkout-1"',
    );
    const told = house.events("checkout-1").filter(({ reason }) => reason === "LabelsReset");
    expect(told).toHaveLength(8);
    expect(told[0]?.note).toMatch(/DestinationRule shop\/checkout.*argocd-controller/);
    expect(contended(house)).toBeUndefined();
    await untilPromoted(house);
    expect(house.sim.users.summary().failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("once users are on the new version is told by a condition, and stops nothing", async () => {
    const house = await houseIn("Keeping", {
      form: "split",
      spec: { promotion: { ramp: [100], observe: "3s", keepPrevious: "40s" } },
    });
    expect(await syncUntil(house, 3_000, () => contended(house) !== undefined)).toBe(6);
    expect(house.phase()).toBe("Keeping");
    expect(contended(house)?.message).toMatch(remedy);
    expect(house.events("checkout-1").filter(({ reason }) => reason === "RouteContended")).toHaveLength(1);
    await untilPromoted(house);
    await house.clock.advance(2_000);
    expect(contended(house)).toBeUndefined();
    expect(await servedNow(house)).toEqual(["v2"]);
    expect(house.sim.users.summary().failed).toBe(0);
    expect(house.object("destinationrules.networking.istio.io")?.["spec"]).toEqual(inGit);
    await house.term.stop();
  });
});
