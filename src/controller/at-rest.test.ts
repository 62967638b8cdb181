import { describe, expect, test } from "vitest";
import { ApiError } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { deployments } from "../kube/resources.ts";
import { isSluice, NAME, NAMESPACE, openKeptHouse, ref, rolloutObject, type House } from "./fixture.test-helper.ts";
import { destinationRules } from "../sim/kinds.ts";
import { shopDeployment } from "../sim/shop.ts";
import { rolloutRuns, rollouts } from "./resources.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

const resume = (house: House) =>
  house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { paused: false } } });

const paused = (house: House) =>
  (house.object("deployments.apps")?.["spec"] as { paused?: boolean } | undefined)?.paused;

describe("a Deployment that is resumed by hand without a policy", () => {
  test("is held again while its template is refused: the old version keeps the users", async () => {
    const house = await openKeptHouse({ hold: "none" });
    await house.ship("v2-errors50");
    expect(await house.untilEnd(1)).toBe("RolledBack");
    await house.clock.advance(2_000);
    await resume(house);
    await house.clock.advance(8_000);
    expect(paused(house)).toBe(true);
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.term.stop();
  });

  test("is held again while the Rollout is suspended", async () => {
    const house = await openKeptHouse({ hold: "none" });
    await house.editRollout((spec) => void (spec["suspend"] = true));
    await house.ship("v2-errors50");
    await house.clock.advance(3_000);
    await resume(house);
    await house.clock.advance(8_000);
    expect(paused(house)).toBe(true);
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.term.stop();
  });
});

describe("the newest run, deleted by hand after its end", () => {
  test("is not forgotten: the next template gets its run, and an older one is not taken for live", async () => {
    const house = await openKeptHouse();
    for (const tag of ["v2", "v3"]) {
      await house.ship(tag);
      await house.until(`${tag} runs`, () => house.phase() !== "Promoted");
      await untilPromoted(house);
    }
    const live = house.rolloutStatus().live;
    await house.alice.delete(rolloutRuns, { namespace: NAMESPACE, name: "checkout-2" });
    await house.clock.advance(3_000);
    expect(house.rolloutStatus().live).toEqual(live);
    await house.ship("v4");
    await house.until(
      "v4 is promoted",
      () => house.phase() === "Promoted" && house.rolloutStatus().phase === "Healthy",
    );
    await house.until("v4 serves", () => house.rolloutStatus().live?.revision !== live?.revision);
    await house.clock.advance(2_000);
    expect(await servedNow(house)).toEqual(["v4"]);
    expect(house.sim.users.summary().failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });
});

describe("a Rollout", () => {
  test("that is made anew over the runs of its predecessor is guarded from then on, and its next template gets a run", async () => {
    const house = await openKeptHouse();
    await house.ship("v2");
    await untilPromoted(house);
    await house.clock.advance(2_000);
    await house.alice.delete(rollouts, ref);
    await house.until("it is gone", () => house.object("rollouts.sluice.dev") === undefined);
    await house.alice.create(rollouts, rolloutObject());
    await house.clock.advance(20_000);
    expect(house.object("rollouts.sluice.dev")?.metadata.finalizers).toEqual(["sluice.dev/release"]);
    await house.ship("v3");
    await house.until("a run is there", () => house.run() !== undefined);
    await untilPromoted(house);
    expect(await servedNow(house)).toEqual(["v3"]);
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("that is deleted lets go of its Deployment also when the first writes lose a race", async () => {
    const house = await openKeptHouse({ hold: "none" });
    let lost = 0;
    house.sim.setFault((call) =>
      isSluice(call) && call.verb === "patch" && call.resource === "deployments.apps" && lost++ < 2
        ? { error: new ApiError(422, "Invalid", "the server rejected our request due to an error in our request") }
        : undefined,
    );
    await house.alice.delete(rollouts, ref);
    await house.until("it is gone", () => house.object("rollouts.sluice.dev") === undefined);
    expect(paused(house)).not.toBe(true);
    expect(house.object("deployments.apps")?.metadata.annotations).not.toHaveProperty("sluice.dev/rollout");
    await house.term.stop();
  });
});

test("somebody's Deployment that has the twin's name is neither scaled nor deleted", async () => {
  const house = await houseIn("Fencing");
  const labels = { app: "other" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "a", image: "shop/other:v9" }] } };
  await house.alice.create(deployments, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "checkout-1", namespace: NAMESPACE },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  });
  expect(await house.untilEnd(1)).toBe("RolledBack");
  await house.clock.advance(2_000);
  expect(house.object("deployments.apps", "checkout-1")?.["spec"]).toMatchObject({ replicas: 2 });
  expect(house.sim.users.summary().failed).toBe(0);
  await house.term.stop();
});

test("a Deployment that grows from 0 while its new template is on the way gets it by a run", async () => {
  const house = await openKeptHouse();
  const scale = (replicas: number) =>
    house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { replicas } } });
  await scale(0);
  await house.clock.advance(3_000);
  house.sim.setWatchDelay(3_000);
  await house.ship("v2-errors50");
  await house.clock.advance(1_000);
  await scale(4);
  await house.clock.advance(20_000);
  expect(house.unvetted()).toEqual([]);
  await house.term.stop();
});

test("a weight that cannot be lowered is told of, not only tried again", async () => {
  const house = await houseIn("Observing", { requestsPerSecond: 100 });
  const twin = { namespace: NAMESPACE, labels: { "sluice.dev/run": "checkout-1" } };
  house.sim.kubelet.setBehaviour(twin, { errorFraction: 0.5 });
  house.sim.setFault((call) =>
    isSluice(call) && call.verb === "patch" && call.resource.startsWith("virtualservices")
      ? { error: new ApiError(403, "Forbidden", "virtualservices is forbidden") }
      : undefined,
  );
  await house.untilPhase("Withdrawing", 1, 20_000);
  await house.until("it says so", () => house.rolloutStatus().phase === "RollbackNotApplied");
  house.sim.setFault(undefined);
  expect(await house.untilEnd(1)).toBe("RolledBack");
  await house.term.stop();
});

describe("users that rest on a twin", () => {
  const restOnTwin = async () => {
    const house = await houseIn("Converging", { hold: "none" });
    await house.ship("v3-errors50");
    expect(await house.untilEnd(2)).toBe("RolledBack");
    await house.clock.advance(3_000);
    expect(house.rolloutStatus().live).toMatchObject({ track: "twin", workload: "checkout-1" });
    return house;
  };

  test("get it back when somebody deletes it", async () => {
    const house = await restOnTwin();
    await house.alice.delete(
      deployments,
      { namespace: NAMESPACE, name: "checkout-1" },
      { propagationPolicy: "Background" },
    );
    await house.clock.advance(6_000);
    const fromMs = house.clock.now();
    expect(await servedNow(house)).toEqual(["v2"]);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    await house.term.stop();
  });

  test("get its pods back when somebody scales it to nothing", async () => {
    const house = await restOnTwin();
    const body = { type: "merge", patch: { spec: { replicas: 0 } } } as const;
    await house.alice.patch(deployments, { namespace: NAMESPACE, name: "checkout-1" }, body);
    await house.clock.advance(6_000);
    const fromMs = house.clock.now();
    expect(await servedNow(house)).toEqual(["v2"]);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    await house.term.stop();
  });

  test("are led to it again when somebody prunes the rule", async () => {
    const house = await restOnTwin();
    await house.alice.delete(destinationRules, ref);
    await house.clock.advance(2_000);
    const fromMs = house.clock.now();
    expect(await servedNow(house)).toEqual(["v2"]);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    await house.term.stop();
  });
});

test.each(["policy", "none"] as const)(
  "a Deployment that is deleted and made again is adopted anew (hold: %s), and its next template gets a run",
  async (hold) => {
    const house = await openKeptHouse({ hold });
    await house.ship("v2");
    await untilPromoted(house);
    const replaceWith = async (tag: string) => {
      await house.alice.delete(deployments, ref, { propagationPolicy: "Background" });
      await house.until("it is gone", () => house.object("deployments.apps") === undefined);
      await house.alice.create(
        deployments,
        shopDeployment(NAME, {
          namespace: NAMESPACE,
          image: `shop/${NAME}:${tag}`,
          deployment: { progressDeadlineSeconds: 20 },
        }),
      );
      await house.clock.advance(15_000);
    };
    await replaceWith("v5");
    expect(await servedNow(house)).toEqual(["v5"]);
    expect(house.rolloutStatus()).toMatchObject({ phase: "Healthy", live: { track: "own" } });
    await house.ship("v6");
    await house.until("v6 has a run", () => house.run()?.spec.ordinal === 2);
    await untilPromoted(house);
    expect(await servedNow(house)).toEqual(["v6"]);
    await house.term.stop();
  },
);

test("a Rollout whose spec cannot be read keeps up the hold of its Deployment", async () => {
  const house = await openKeptHouse({ hold: "none" });
  await house.ship("v2-errors50");
  expect(await house.untilEnd(1)).toBe("RolledBack");
  const stored = house.object("rollouts.sluice.dev");
  house.sim.store.put(
    "rollouts.sluice.dev",
    structuredClone({ ...stored, spec: { steps: "none", workload: {} } } as KubeObject),
  );
  await house.clock.advance(2_000);
  await resume(house);
  await house.clock.advance(70_000);
  expect(paused(house)).toBe(true);
  await house.term.stop();
});

test("pause while the old pods are kept is shown as a pause, with what ends it", async () => {
  const house = await houseIn("Keeping", { hold: "policy" });
  await house.command("pause");
  await house.clock.advance(30_000);
  expect(house.phase()).toBe("Keeping");
  expect(house.rolloutStatus().phase).toBe("Paused");
  expect(house.rolloutStatus().message).toContain("until somebody says resume, or undo");
  await house.term.stop();
});

test("a run that is removed by force after the swap, while its template goes back, takes no user along", async () => {
  const house = await houseIn("Keeping");
  house.term.crash();
  await house.ship("v1");
  const run = { namespace: NAMESPACE, name: "checkout-1" };
  await house.alice.patch(rolloutRuns, run, { type: "merge", patch: { metadata: { finalizers: null } } });
  await house.alice.delete(rolloutRuns, run);
  const fromMs = house.clock.now();
  const term = await house.start("second");
  await house.clock.advance(30_000);
  expect(await servedNow(house)).toEqual(["v1"]);
  expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
  expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
  await term.stop();
});
