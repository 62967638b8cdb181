import { describe, expect, test } from "vitest";
import { isFinal, type Phase, STATES } from "../api/phase.ts";
import { ApiError } from "../kube/errors.ts";
import { deployments, namespaces } from "../kube/resources.ts";
import { isSluice, NAMESPACE, ref, type House } from "./fixture.test-helper.ts";
import { rolloutRuns, rollouts } from "./resources.ts";
import { houseIn, servedNow, tagFor, type KeptHouse } from "./states.test-helper.ts";

/** What users are left on when the Rollout, or its run, is deleted in this phase. */
const leftOn: Readonly<Record<string, "v1" | "v2">> = {
  Preflight: "v1",
  Waiting: "v1",
  Fencing: "v1",
  Scaling: "v1",
  Shifting: "v1",
  Observing: "v1",
  Paused: "v1",
  SwappingLabels: "v1",
  SwappingWeight: "v1",
  Keeping: "v1",
  Undoing: "v1",
  Converging: "v2",
  Joining: "v2",
  Releasing: "v1",
  Withdrawing: "v1",
  Draining: "v1",
  Promoted: "v2",
  RolledBack: "v1",
};
const phases = Object.keys(leftOn) as Phase[];
const policies = ["Background", "Foreground", "Orphan"] as const;
const controllers = ["alive", "dead", "without rights"] as const;
type ControllerIs = (typeof controllers)[number];

const cases = phases.flatMap((phase) =>
  policies.flatMap((policy) => controllers.map((controller) => ({ phase, policy, controller }))),
);

async function inPhase(phase: Phase): Promise<KeptHouse> {
  if (phase !== "Releasing") return houseIn(phase);
  const house = await houseIn("Keeping");
  await house.alice.delete(rollouts, ref);
  await house.untilPhase("Releasing");
  return house;
}

/** Deletes while the controller is as told; after five seconds it is as it should be again. */
async function deleteWhile(house: KeptHouse, controller: ControllerIs, remove: () => Promise<unknown>): Promise<void> {
  if (controller === "dead") house.term.crash();
  if (controller === "without rights")
    house.sim.setFault((call) =>
      isSluice(call)
        ? { error: new ApiError(403, "Forbidden", `cannot ${call.verb} resource ${call.resource}`) }
        : undefined,
    );
  await remove();
  if (controller === "alive") return;
  await house.clock.advance(5_000);
  house.sim.setFault(undefined);
  if (controller === "dead") house.term = await house.start("second");
}

/** With nobody to judge it, a bad version keeps its share: what it fails is not the deletion's doing. */
function expectNoneFailed(house: House, fromMs: number, phase: Phase, controller: ControllerIs): void {
  if (controller !== "alive" && tagFor(phase) !== "v2") return;
  expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
}

function finalizersLeft(house: House): string[] {
  return house.sim.store.list("rolloutruns.sluice.dev").flatMap(({ metadata }) => metadata.finalizers ?? []);
}

/** Routing as its user wrote it. */
function expectRoutesAsWritten(house: House): void {
  expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
  expect(JSON.stringify(house.object("virtualservices.networking.istio.io"))).not.toContain("subset");
}

const gone = (house: House, resource: string, name?: string) => () => house.object(resource, name) === undefined;

test("every state has its cases", () => {
  expect(phases.filter((phase) => !isFinal(phase)).toSorted()).toEqual(STATES.toSorted());
});

describe("a Rollout that is deleted", () => {
  test.each(cases)("in $phase, $policy, controller $controller", async ({ phase, policy, controller }) => {
    const house = await inPhase(phase);
    const fromMs = house.clock.now();
    await deleteWhile(house, controller, () => house.alice.delete(rollouts, ref, { propagationPolicy: policy }));
    await house.until("the Rollout is gone", gone(house, "rollouts.sluice.dev"));
    await house.clock.advance(2_000);
    expectNoneFailed(house, fromMs, phase, controller);
    expect(await servedNow(house)).toEqual([leftOn[phase]]);
    expect(house.unvetted()).toEqual([]);
    expectRoutesAsWritten(house);
    expect(finalizersLeft(house)).toEqual([]);
    const [own, ...others] = house.sim.store.list("deployments.apps", NAMESPACE);
    expect(others).toEqual([]);
    expect(own?.metadata.annotations ?? {}).not.toHaveProperty("sluice.dev/rollout");
    const isPaused = tagFor(phase) !== leftOn[phase];
    expect((own?.["spec"] as { paused?: boolean } | undefined)?.paused ?? false).toBe(isPaused);
    expect(house.events(ref.name).some(({ reason }) => reason === "LeftPaused")).toBe(isPaused);
    await house.term.stop();
  });
});

describe("a RolloutRun that is deleted", () => {
  test.each(cases)("in $phase, $policy, controller $controller", async ({ phase, policy, controller }) => {
    const house = await inPhase(phase);
    const fromMs = house.clock.now();
    const run = { namespace: NAMESPACE, name: "checkout-1" };
    await deleteWhile(house, controller, () => house.alice.delete(rolloutRuns, run, { propagationPolicy: policy }));
    await house.until("the run is gone", gone(house, "rolloutruns.sluice.dev", "checkout-1"));
    await house.clock.advance(3_000);
    expectNoneFailed(house, fromMs, phase, controller);
    expect(await servedNow(house)).toEqual([leftOn[phase]]);
    expect(house.unvetted()).toEqual([]);
    expectRoutesAsWritten(house);
    expect(gone(house, "deployments.apps", "checkout-1")()).toBe(true);
    if (phase !== "Releasing")
      expect(house.rolloutStatus().phase).toBe(leftOn[phase] === "v1" ? "RolledBack" : "Healthy");
    await house.term.stop();
  });
});

describe("a Deployment that is deleted", () => {
  test.each(cases)("in $phase, $policy, controller $controller", async ({ phase, policy, controller }) => {
    const house = await inPhase(phase);
    const fromMs = house.clock.now();
    await deleteWhile(house, controller, () => house.alice.delete(deployments, ref, { propagationPolicy: policy }));
    const wasDeleted = phase === "Releasing";
    await house.until(
      wasDeleted ? "the Rollout is gone" : "what is missing is said",
      () => gone(house, "rollouts.sluice.dev")() || house.rolloutStatus().phase === "WorkloadNotFound",
    );
    await house.clock.advance(3_000);
    expect(house.unvetted()).toEqual([]);
    expect(house.object("rolloutruns.sluice.dev", "checkout-2")).toBeUndefined();
    if (policy !== "Orphan") {
      expect(house.sim.store.list("deployments.apps", NAMESPACE)).toEqual([]);
      expect(house.sim.store.list("pods", NAMESPACE)).toEqual([]);
    } else {
      // Whoever was on the Deployment's pods or on the twin's is there still.
      expectNoneFailed(house, fromMs, phase, controller);
      expect(await servedNow(house)).not.toEqual([]);
    }
    if (!wasDeleted) await house.alice.delete(rollouts, ref);
    await house.until("the Rollout is gone", gone(house, "rollouts.sluice.dev"));
    await house.clock.advance(2_000);
    if (policy === "Orphan") expectNoneFailed(house, fromMs, phase, controller);
    expect(house.sim.store.list("deployments.apps", NAMESPACE)).toEqual([]);
    expectRoutesAsWritten(house);
    expect(finalizersLeft(house)).toEqual([]);
    await house.term.stop();
  });
});

describe("a namespace that is deleted", () => {
  test.each(cases)("in $phase, $policy, controller $controller", async ({ phase, policy, controller }) => {
    const house = await inPhase(phase);
    await deleteWhile(house, controller, () =>
      house.alice.delete(namespaces, { name: NAMESPACE }, { propagationPolicy: policy }),
    );
    await house.until(
      "the namespace is gone",
      () => house.sim.store.get("namespaces", { name: NAMESPACE }) === undefined,
    );
    await house.clock.advance(2_000);
    const left = ["deployments.apps", "pods", "rollouts.sluice.dev", "rolloutruns.sluice.dev"].flatMap((resource) =>
      house.sim.store.list(resource, NAMESPACE),
    );
    expect(left).toEqual([]);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });
});
