import { describe, expect, test } from "vitest";
import { ANNOTATION_HELD_BY } from "../api/metadata.ts";
import { ApiError } from "../kube/errors.ts";
import { deployments } from "../kube/resources.ts";
import {
  isSluice,
  NAMESPACE,
  openHouse,
  openKeptHouse,
  ref,
  rolloutObject,
  type House,
} from "./fixture.test-helper.ts";
import { seededRandom } from "../sim/random.ts";
import { virtualServices } from "../sim/kinds.ts";
import { rollouts } from "./resources.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

const denied = new ApiError(400, "BadRequest", 'admission webhook "guard.example.com" denied the request: no');
const forbidden = new ApiError(403, "Forbidden", "it is forbidden: User cannot do it");

/** What Sluice's account may not do from now on. */
function refuse(house: House, resource: string, verbs: readonly string[], error: ApiError): void {
  house.sim.setFault((call) =>
    isSluice(call) && call.resource === resource && verbs.includes(call.verb) ? { error } : undefined,
  );
}

const errorsIn = (house: House, errorFraction: number) =>
  house.sim.kubelet.setBehaviour(
    { namespace: NAMESPACE, labels: { "sluice.dev/run": "checkout-1" } },
    { errorFraction },
  );

const stalledFor = (house: House) =>
  house.rolloutStatus().conditions.find(({ type, status }) => type === "Stalled" && status === "True")?.reason;

async function untilTold(house: House, error: ApiError, limitMs?: number): Promise<string> {
  await house.until("it is told", () => house.rolloutStatus().message.includes(error.message), limitMs);
  expect(stalledFor(house)).toBe("WriteRefused");
  expect(house.rolloutStatus().phase).toBe("WriteRefused");
  return house.rolloutStatus().message;
}

/** What people see its phase be from now on, in order. */
function phasesShown(house: House): string[] {
  const phases: string[] = [];
  house.sim.store.onChange("rollouts.sluice.dev", ({ object }) => {
    const { phase = "" } = (object["status"] ?? {}) as { phase?: string };
    if (phases.at(-1) !== phase) phases.push(phase);
  });
  return phases;
}

const slowStep = { steps: [{ name: "first", weight: 10, observe: "60s" }] };

test("a withdrawal that the run cannot record is told, with what was decided", async () => {
  const house = await houseIn("Observing", { requestsPerSecond: 100, spec: slowStep });
  errorsIn(house, 0.5);
  refuse(house, "rolloutruns.sluice.dev", ["update", "patch"], denied);
  const message = await untilTold(house, denied);
  expect(message).toMatch(/checkout-1: Withdrawing is decided and cannot be recorded: errors: .* failed/);
  expect(house.rolloutStatus().weight).toBe(0);
  await house.clock.advance(1_000);
  expect(await servedNow(house)).toEqual(["v1"]);
  house.sim.setFault(undefined);
  expect(await house.untilEnd()).toBe("RolledBack");
  await house.clock.advance(1_000);
  expect(house.rolloutStatus().message).not.toContain(denied.message);
  await house.term.stop();
});

test("a run that may not be made is told, and nobody is said to be on the newest version", async () => {
  const house = await openKeptHouse();
  refuse(house, "rolloutruns.sluice.dev", ["create"], forbidden);
  await house.ship("v2");
  expect(await untilTold(house, forbidden)).not.toContain("newest version");
  house.sim.setFault(undefined);
  await untilPromoted(house);
  await house.clock.advance(1_000);
  expect(house.rolloutStatus().phase).toBe("Healthy");
  await house.term.stop();
});

test("a Rollout that cannot go says why, and goes once it may", async () => {
  const house = await openKeptHouse({ hold: "none" });
  refuse(house, "deployments.apps", ["patch"], forbidden);
  await house.alice.delete(rollouts, ref);
  const message = await untilTold(house, forbidden);
  expect(message).toContain("the Rollout was deleted and cannot go yet");
  house.sim.setFault(undefined);
  await house.until("it is gone", () => house.object("rollouts.sluice.dev") === undefined);
  await house.term.stop();
});

test("a Deployment that cannot be taken under protection is told, and is taken later", async () => {
  const house = await openHouse({ hold: "none" });
  refuse(house, "deployments.apps", ["patch"], forbidden);
  const term = await house.start();
  await untilTold(house, forbidden);
  house.sim.setFault(undefined);
  await house.until("it is told no more", () => house.rolloutStatus().phase === "Healthy");
  await term.stop();
});

test("a hold that is broken and cannot be mended is told, by an Event too", async () => {
  const house = await houseIn("RolledBack", { hold: "none" });
  await house.clock.advance(3_000);
  refuse(house, "deployments.apps", ["patch"], forbidden);
  await house.alice.patch(
    deployments,
    ref,
    { type: "merge", patch: { spec: { paused: null } } },
    { fieldManager: "bob" },
  );
  expect(await untilTold(house, forbidden)).toMatch(/^Deployment checkout was resumed by .* could not be paused again/);
  const told = house.events("checkout").filter(({ reason }) => reason === "HoldBroken");
  expect(told.map(({ note }) => note)).toEqual([expect.stringContaining("could not be paused again")]);
  await house.term.stop();
});

test("a spec that cannot be read is told also where the hold cannot be kept up meanwhile", async () => {
  // Too long: the one thing that the API server lets pass.
  const name = "checkout-of-the-shop-in-the-old-town-by-the-river-and-the-mill";
  const house = await openHouse({ hold: "none", withRollout: false });
  const held = { metadata: { annotations: { [ANNOTATION_HELD_BY]: name } } };
  await house.alice.patch(deployments, ref, { type: "merge", patch: held });
  await house.alice.create(rollouts, rolloutObject({}, name));
  refuse(house, "deployments.apps", ["patch"], forbidden);
  const term = await house.start();
  const status = () => house.object("rollouts.sluice.dev", name)?.["status"] as { message?: string } | undefined;
  const message = () => status()?.message ?? "";
  await house.until("the refusal is told", () => message().includes(forbidden.message));
  expect(message()).toMatch(/^metadata\.name: .*characters.*; the API server refuses a write/);
  await term.stop();
});

test("a Rollout's status that cannot be written makes no trouble of its own once it can", async () => {
  const house = await houseIn("Observing", { spec: slowStep });
  refuse(house, "rollouts.sluice.dev", ["update"], forbidden);
  await house.command("pause");
  await house.clock.advance(20_000);
  const shown = phasesShown(house);
  house.sim.setFault(undefined);
  await house.until("the pause is shown", () => house.rolloutStatus().phase === "Paused");
  await house.clock.advance(1_000);
  expect(shown).toEqual(["Paused"]);
  await house.term.stop();
});

test("a storm of answers that pass by themselves is not told", async () => {
  const house = await openKeptHouse({ spec: { progressDeadline: "10m" } });
  const random = seededRandom(7);
  const passing = [
    new ApiError(500, "InternalError", "etcd"),
    new ApiError(429, "TooManyRequests", "busy", { retryAfterMs: 1_000 }),
    new ApiError(0, "Network", "reset"),
  ];
  let met = 0;
  house.sim.setFault((call) => {
    const error = isSluice(call) && random() < 0.5 ? passing[met % passing.length] : undefined;
    if (error !== undefined) met++;
    return error === undefined ? undefined : { error };
  });
  const shown = phasesShown(house);
  await house.ship("v2");
  await untilPromoted(house);
  expect(met).toBeGreaterThan(30);
  expect(shown).not.toContain("WriteRefused");
  await house.term.stop();
});

describe.each([
  ["refused", forbidden],
  ["answered with 504", new ApiError(504, "Timeout", "Timeout: context deadline exceeded")],
  ["not answered", new ApiError(0, "Timeout", "no answer within 15 s")],
])("a withdrawal that is %s", (_, error) => {
  test("shows the weight that is in force, and is told", async () => {
    const house = await houseIn("Observing", {
      requestsPerSecond: 100,
      spec: { ...slowStep, progressDeadline: "10m" },
    });
    refuse(house, "virtualservices.networking.istio.io", ["patch"], error);
    errorsIn(house, 0.5);
    await house.untilPhase("Withdrawing");
    expect(await untilTold(house, error, 40_000)).toContain("errors: ");
    expect(house.rolloutStatus().weight).toBe(10);
    expect(house.run()?.status.weightInForce).toBe(10);
    expect(await servedNow(house)).toEqual(["v1", "v2"]);
    house.sim.setFault(undefined);
    await house.until("users are taken away", () => house.rolloutStatus().weight === 0);
    expect(await house.untilEnd()).toBe("RolledBack");
    await house.clock.advance(1_000);
    expect(house.rolloutStatus().message).not.toContain(error.message);
    await house.term.stop();
  });
});

test("a pause that cannot take its users away shows the weight that is in force", async () => {
  const house = await houseIn("Observing", { spec: slowStep });
  refuse(house, "virtualservices.networking.istio.io", ["patch"], forbidden);
  const path = "/spec/http/0/route";
  await house.alice.patch(virtualServices, ref, {
    type: "json",
    operations: [
      { op: "replace", path: `${path}/0/weight`, value: 95 },
      { op: "replace", path: `${path}/1/weight`, value: 5 },
    ],
  });
  await house.untilPhase("Paused", 1, 5_000);
  expect(await untilTold(house, forbidden)).toContain("5% of the users on the new version");
  expect(house.rolloutStatus().weight).toBe(5);
  await house.term.stop();
});
