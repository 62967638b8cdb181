import { expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { deployments, pods } from "../kube/resources.ts";
import { NAMESPACE, openKeptHouse, ref, type House } from "./fixture.test-helper.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

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

const resume = (house: House) =>
  house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { paused: null } } });
const scale = (house: House, replicas: number) =>
  house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { replicas } } });

function deleteOwnPod(house: House): Promise<unknown> {
  const [pod] = house.sim.store
    .list("pods", NAMESPACE)
    .filter(({ metadata }) => !("sluice.dev/run" in (metadata.labels ?? {})));
  return house.alice.delete(pods, { namespace: NAMESPACE, name: pod?.metadata.name ?? "" });
}

test.each([
  ["scaled up", (house: House) => scale(house, 5)],
  ["short of a pod", deleteOwnPod],
] as const)(
  "pods of such a Deployment go on serving when it is %s before users are brought back",
  async (_what, happens) => {
    const house = await houseIn("Observing", { hold: "none" });
    house.term.crash();
    await resume(house);
    await house.clock.advance(12_000);
    house.term = await house.start("second");
    await house.clock.advance(SERVED_MS);
    const fromMs = house.clock.now();
    await happens(house);
    await house.until("users are back", () => house.run()?.spec.reason === "Undo" && house.phase() === "Promoted");
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    await house.term.stop();
  },
);

test("one that has not all of its pods when the controller starts serves at once all the same", async () => {
  const house = await houseIn("Observing", { hold: "none" });
  house.term.crash();
  await resume(house);
  await house.clock.advance(12_000);
  await scale(house, 5);
  house.term = await house.start("second");
  await house.clock.advance(500);
  const fromMs = house.clock.now();
  await house.untilEnd(1);
  expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
  await house.term.stop();
});

test("a version that users were on before, and that rolled out itself in its fast path, stays", async () => {
  const house = await openKeptHouse({ hold: "none" });
  await house.ship("v2");
  await untilPromoted(house);
  await house.ship("v1");
  await house.untilPhase("Scaling", 2);
  expect(house.run(2)?.spec.reason).toBe("FastPath");
  house.term.crash();
  await resume(house);
  await house.clock.advance(12_000);
  house.term = await house.start("second");
  await house.untilEnd(2);
  await house.until("it is under protection", () => house.rolloutStatus().phase === "Healthy");
  await house.clock.advance(10_000);
  expect(house.run()?.spec.ordinal).toBe(2);
  expect(await servedNow(house)).toEqual(["v1"]);
  await house.term.stop();
});
