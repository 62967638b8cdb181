import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { API_VERSION } from "../api/metadata.ts";
import { deployments } from "../kube/resources.ts";
import { ref, type House } from "./fixture.test-helper.ts";
import { rolloutRuns, rollouts } from "./resources.ts";
import { houseIn, servedNow, shipInto, tagFor } from "./states.test-helper.ts";

async function untilReleased(house: House): Promise<void> {
  await house.until("the Rollout is gone", () => house.object("rollouts.sluice.dev") === undefined);
  await house.clock.advance(2_000);
}

/** What must hold after any deletion, whatever was going on. */
function expectNothingOfOurs(house: House): void {
  const [own, ...others] = house.sim.store.list("deployments.apps", ref.namespace);
  expect(others).toEqual([]);
  expect(own?.metadata.annotations ?? {}).not.toHaveProperty("sluice.dev/rollout");
  const runs = house.sim.store.list("rolloutruns.sluice.dev");
  expect(runs.flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
  expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
  expect(JSON.stringify(house.object("virtualservices.networking.istio.io"))).not.toContain("subset");
}

/** What users are left on when a Rollout, or its run, is deleted in this phase. */
const leftOn: readonly [Phase, string][] = [
  ["Preflight", "v1"],
  ["Waiting", "v1"],
  ["Fencing", "v1"],
  ["Scaling", "v1"],
  ["Shifting", "v1"],
  ["Observing", "v1"],
  ["Paused", "v1"],
  ["SwappingLabels", "v1"],
  ["SwappingWeight", "v1"],
  ["Keeping", "v1"],
  ["Converging", "v2"],
  ["Joining", "v2"],
  ["Promoted", "v2"],
  ["Withdrawing", "v1"],
  ["Draining", "v1"],
  ["RolledBack", "v1"],
  ["Undoing", "v1"],
];
const ways = ["Background", "Foreground", "Orphan"] as const;
const cases = leftOn.flatMap(([phase, live]) => ways.map((how) => ({ phase, live, how })));
const underWay = cases.filter(({ phase }) => phase !== "Promoted" && phase !== "RolledBack");

describe("a Rollout that is deleted", () => {
  test.each(cases)("in $phase ($how) fails no request and leaves $live to its user", async ({ phase, live, how }) => {
    const hold = how === "Orphan" ? "none" : "policy";
    const house = await houseIn(phase, { hold });
    const fromMs = house.clock.now();
    await house.alice.delete(rollouts, ref, { propagationPolicy: how });
    await untilReleased(house);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(await servedNow(house)).toEqual([live]);
    expect(house.unvetted()).toEqual([]);
    expectNothingOfOurs(house);
    const tag = tagFor(phase);
    const spec = house.object("deployments.apps")?.["spec"] as { paused?: boolean } | undefined;
    expect(spec?.paused ?? false).toBe(tag !== live);
    expect(house.events(ref.name).some(({ reason }) => reason === "LeftPaused")).toBe(tag !== live);
    await house.term.stop();
  });

  test.each(leftOn)("in %s while no controller runs is released by the next one", async (phase, live) => {
    const house = await houseIn(phase);
    const fromMs = house.clock.now();
    house.term.crash();
    await house.alice.delete(rollouts, ref);
    await house.clock.advance(5_000);
    const second = await house.start("second");
    await untilReleased(house);
    const seen = house.sim.users.summary({ fromMs });
    // With nobody to judge it, a bad version keeps its share: what it fails is not the deletion's doing.
    if (tagFor(phase) === "v2") expect(seen.failed).toBe(0);
    expect(await servedNow(house)).toEqual([live]);
    expect(house.unvetted()).toEqual([]);
    expectNothingOfOurs(house);
    await second.stop();
  });

  test("at rest is released at once, and the next template rolls natively", async () => {
    const house = await houseIn("Promoted", { hold: "none" });
    await house.alice.delete(rollouts, ref);
    await untilReleased(house);
    expectNothingOfOurs(house);
    await house.ship("v3");
    await house.until("v3 is rolled out", () => house.versionsSince(house.clock.now() - 500).join() === "v3");
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test.each(ways)("(%s) while users are on a twin brings them to the Deployment's own pods first", async (how) => {
    const house = await houseIn("Converging", { hold: how === "Orphan" ? "none" : "policy" });
    await house.ship("v3-errors50");
    await house.untilPhase("RolledBack", 2);
    await house.clock.advance(3_000);
    const fromMs = house.clock.now();
    await house.alice.delete(rollouts, ref, { propagationPolicy: how });
    await untilReleased(house);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    // Its own roll-out was interrupted half-way: both are vetted.
    expect(await servedNow(house)).not.toContain("v3-errors50");
    expectNothingOfOurs(house);
    await house.term.stop();
  });

  test.each<Phase>(["Preflight", "Observing", "Keeping", "Converging"])(
    "while users come from a twin, in %s of the next run, leaves nothing behind either",
    async (phase) => {
      const house = await houseIn("Converging");
      await house.clock.advance(1_000);
      await house.ship("v3");
      await house.untilPhase(phase, 2);
      const fromMs = house.clock.now();
      await house.alice.delete(rollouts, ref);
      await untilReleased(house);
      expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
      const served = await servedNow(house);
      expect(served).not.toContain(phase === "Converging" ? "v1" : "v3");
      expectNothingOfOurs(house);
      await house.term.stop();
    },
  );

  test.each<Phase>(["Observing", "Keeping"])(
    "whose spec names other things by now is released in %s",
    async (phase) => {
      const house = await houseIn(phase);
      const fromMs = house.clock.now();
      await house.editRollout((spec) => {
        spec["workload"] = { name: "other" };
        spec["traffic"] = { settle: "1s", istio: { virtualServices: [{ name: "other" }] } };
      });
      await house.alice.delete(rollouts, ref);
      await untilReleased(house);
      expect(house.clock.now() - fromMs).toBeLessThan(15_000);
      expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
      expect(await servedNow(house)).toEqual(["v1"]);
      expectNothingOfOurs(house);
      await house.term.stop();
    },
  );

  test("and made anew under the same name takes the Deployment under protection again", async () => {
    const house = await houseIn("Observing");
    const again = house.object("rollouts.sluice.dev");
    await house.alice.delete(rollouts, ref);
    await untilReleased(house);
    await house.ship("v1");
    const spec = again?.["spec"];
    await house.alice.create(rollouts, { apiVersion: API_VERSION, kind: "Rollout", metadata: { ...ref }, spec });
    await house.until("it is adopted", () => house.rolloutStatus().phase === "Healthy");
    await shipInto(house, "Observing");
    expect(await servedNow(house)).toEqual(["v1", "v2"]);
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });
});

describe("a RolloutRun that is deleted by hand", () => {
  test.each(underWay)("in $phase ($how) ends it, fails no request and leaves $live", async ({ phase, live, how }) => {
    const house = await houseIn(phase);
    const fromMs = house.clock.now();
    const run = { namespace: ref.namespace, name: "checkout-1" };
    await house.alice.delete(rolloutRuns, run, { propagationPolicy: how });
    await house.until("the run is gone", () => house.object("rolloutruns.sluice.dev", "checkout-1") === undefined);
    await house.clock.advance(3_000);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(await servedNow(house)).toEqual([live]);
    expect(house.unvetted()).toEqual([]);
    expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
    await house.term.stop();
  });

  test.each(["Converging", "Joining"] as const)(
    "in %s is finished first, and nobody is brought back",
    async (phase) => {
      const house = await houseIn(phase);
      await house.alice.delete(rolloutRuns, { namespace: ref.namespace, name: "checkout-1" });
      await house.until("the run is gone", () => house.object("rolloutruns.sluice.dev", "checkout-1") === undefined);
      await house.clock.advance(30_000);
      expect(await servedNow(house)).toEqual(["v2"]);
      expect(house.rolloutStatus().phase).toBe("Healthy");
      expect(house.run()).toBeUndefined();
      await house.term.stop();
    },
  );
});

describe("a Deployment that is deleted", () => {
  test.each(["Background", "Foreground"] as const)(
    "(%s) takes the twin along; its run ends and nothing is left",
    async (how) => {
      const house = await houseIn("Observing");
      await house.alice.delete(deployments, ref, { propagationPolicy: how });
      await house.untilEnd(1);
      await house.clock.advance(2_000);
      expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
      expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
      await house.until("people are told", () => house.rolloutStatus().phase === "WorkloadNotFound");
      await house.term.stop();
    },
  );

  const gone = underWay.filter(({ phase }) => phase !== "Joining");
  test.each(gone)("in $phase ($how) ends its run, and the Rollout can be deleted after it", async ({ phase, how }) => {
    const house = await houseIn(phase);
    await house.alice.delete(deployments, ref, { propagationPolicy: how });
    await house.untilEnd(1);
    await house.until("people are told", () => house.rolloutStatus().phase === "WorkloadNotFound");
    expect(house.run()?.spec.ordinal).toBe(1);
    await house.alice.delete(rollouts, ref);
    await untilReleased(house);
    expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
    expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
    await house.term.stop();
  });

  test("with its pods left behind goes on serving from them", async () => {
    const house = await houseIn("Observing");
    const fromMs = house.clock.now();
    await house.alice.delete(deployments, ref, { propagationPolicy: "Orphan" });
    await house.untilEnd(1);
    await house.clock.advance(3_000);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(await servedNow(house)).toEqual(["v1"]);
    expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
    expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
    await house.term.stop();
  });
});
