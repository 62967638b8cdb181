import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { houseIn, servedNow, tagFor, type KeptHouse } from "./states.test-helper.ts";

const twin = { namespace: "shop", labels: { "sluice.dev/run": "checkout-1" } };
const long = {
  requestsPerSecond: 100,
  spec: { promotion: { ramp: [100], observe: "3s", keepPrevious: "30s" } },
};

async function turnBad(house: KeptHouse): Promise<number> {
  house.sim.kubelet.setBehaviour(twin, { errorFraction: 0.5 });
  const nowMs = house.clock.now();
  await house.clock.advance(200);
  return nowMs;
}

describe("a version that turns bad late", () => {
  test.each<[Phase, Phase]>([
    ["Observing", "RolledBack"],
    ["SwappingLabels", "RolledBack"],
    ["SwappingWeight", "RolledBack"],
    ["Keeping", "RolledBack"],
  ])("in %s is taken away within 8 s", async (phase, end) => {
    const house = await houseIn(phase, long);
    const badMs = await turnBad(house);
    expect(await house.untilEnd(1)).toBe(end);
    expect((house.sim.users.summary().lastFailureMs ?? 0) - badMs).toBeLessThan(8_000);
    expect(await servedNow(house)).toEqual(["v1"]);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("while nobody looks is taken away though the old pods were kept for long enough meanwhile", async () => {
    const house = await houseIn("Keeping", long);
    house.term.crash();
    await turnBad(house);
    await house.clock.advance(60_000);
    const restartedMs = house.clock.now();
    house.term = await house.start("second");
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect((house.sim.users.summary().lastFailureMs ?? 0) - restartedMs).toBeLessThan(8_000);
    expect(await servedNow(house)).toEqual(["v1"]);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("while it waits for an approval is taken away as fast", async () => {
    const house = await houseIn("Waiting", {
      requestsPerSecond: 100,
      spec: { steps: [{ name: "first", weight: 10, observe: "3s", approval: {} }] },
    });
    await house.command("approve", "first");
    await house.untilPhase("Observing", 1);
    await house.command("pause");
    await house.untilPhase("Paused", 1);
    const badMs = await turnBad(house);
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect((house.sim.users.summary().lastFailureMs ?? 0) - badMs).toBeLessThan(12_000);
    await house.term.stop();
  });
});

describe("a bad version", () => {
  test("is taken away as fast while a stable pod is not ready", async () => {
    const house = await houseIn("Preflight", { requestsPerSecond: 100 });
    await house.untilPhase("Shifting", 1);
    const pod = house.sim.store.list("pods", "shop").find(({ metadata }) => !metadata.labels?.["sluice.dev/run"]);
    house.sim.kubelet.setReady({ namespace: "shop", name: pod?.metadata.name ?? "" }, false);
    await house.untilPhase("Observing", 1);
    const badMs = await turnBad(house);
    await house.untilPhase("Draining", 1, 20_000);
    expect((house.sim.users.summary().lastFailureMs ?? 0) - badMs).toBeLessThan(8_000);
    await house.term.stop();
  });

  test("is taken away while the Rollout is suspended", async () => {
    const house = await houseIn("Observing", { requestsPerSecond: 100 });
    await house.editRollout((spec) => void (spec["suspend"] = true));
    const badMs = await turnBad(house);
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect((house.sim.users.summary().lastFailureMs ?? 0) - badMs).toBeLessThan(8_000);
    await house.term.stop();
  });

  test("is taken away though the Rollout's spec was broken meanwhile", async () => {
    const house = await houseIn("Observing", { requestsPerSecond: 100 });
    // Stored by a version of the API that let it in.
    const broken = { ...house.object("rollouts.sluice.dev"), spec: { steps: "none", workload: {} } };
    house.sim.store.put("rollouts.sluice.dev", structuredClone(broken) as never);
    const badMs = await turnBad(house);
    await house.until("users are back", () => house.phase(1) === "RolledBack");
    expect((house.sim.users.summary().lastFailureMs ?? 0) - badMs).toBeLessThan(8_000);
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.term.stop();
  });

  test("is taken away though its limits were loosened meanwhile: a run keeps the plan that it began with", async () => {
    const house = await houseIn("Observing", { requestsPerSecond: 100 });
    await house.editRollout((spec) => {
      spec["analysis"] = { interval: "1s", objectives: [{ name: "errors", errorRate: { max: "99%" } }] };
    });
    await turnBad(house);
    expect(await house.untilEnd(1)).toBe("RolledBack");
    await house.term.stop();
  });
});

describe("once users are wholly on the new version", () => {
  test.each<Phase>(["Converging", "Joining"])(
    "errors in %s stop nothing half-way: every user stays served by it",
    async (phase) => {
      const house = await houseIn(phase, { ...long, spec: {} });
      house.sim.kubelet.setBehaviour({ namespace: "shop" }, { errorFraction: 0.5 });
      await house.clock.advance(40_000);
      expect(await servedNow(house)).toEqual([tagFor(phase)]);
      expect(house.versionsSince(0)).not.toContain("");
      house.sim.kubelet.setBehaviour({ namespace: "shop" }, {});
      expect(house.unvetted()).toEqual([]);
      await house.term.stop();
    },
  );
});
