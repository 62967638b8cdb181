import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import type { PatchBody } from "../kube/port.ts";
import { HELD } from "../engine/hold-broken.ts";
import { deployments } from "../kube/resources.ts";
import { ref, type House } from "./fixture.test-helper.ts";
import { rollouts } from "./resources.ts";
import { houseIn, servedNow, tagFor } from "./states.test-helper.ts";

/** Ways to break a hold that nothing but a pause keeps up, each by whoever does it. */
const BREAKINGS: readonly [how: string, manager: string, patch: PatchBody][] = [
  ["kubectl rollout resume", "somebody", { type: "merge", patch: { spec: { paused: null } } }],
  [
    "a GitOps tool that says paused: false",
    "argocd-controller",
    {
      type: "apply",
      force: true,
      object: { apiVersion: "apps/v1", kind: "Deployment", metadata: { ...ref }, spec: { paused: false } },
    },
  ],
  [
    "kubectl rollout restart and resume",
    "somebody by a restart",
    {
      type: "merge",
      patch: {
        spec: {
          paused: false,
          template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now" } } },
        },
      },
    },
  ],
];

const heldAgain = (house: House) =>
  (house.object("deployments.apps")?.["spec"] as { paused?: boolean } | undefined)?.paused === true;

const toldOf = (house: House, name: string) => house.events(name).filter(({ reason }) => reason === "HoldBroken");

describe.each<Phase>(HELD)("a hold that is broken in %s", (phase) => {
  test.each(BREAKINGS.slice(0, 2))(
    "by %s is mended at once and told once, with who it was",
    async (_how, manager, patch) => {
      const house = await houseIn(phase, { hold: "none" });
      await house.alice.patch(deployments, ref, patch, { fieldManager: manager });
      await house.until("it is held again", () => heldAgain(house), 1_000);
      await house.clock.advance(3_000);
      const told = toldOf(house, "checkout-1");
      expect(told.map(({ note }) => note)).toEqual([expect.stringContaining(`resumed by ${manager} `)]);
      if (tagFor(phase) === "v2") expect(house.sim.users.summary().failed).toBe(0);
      await house.term.stop();
    },
  );
});

test.each(BREAKINGS)("a refused version stays out when %s tries to bring it (%s)", async (_how, manager, patch) => {
  const house = await houseIn("RolledBack", { hold: "none" });
  await house.clock.advance(3_000);
  const fromMs = house.clock.now();
  const isRestart = manager.endsWith("restart");
  await house.alice.patch(deployments, ref, patch, { fieldManager: manager });
  await house.until("it is held again", () => heldAgain(house), 1_000);
  await house.clock.advance(1_000);
  // A restart is another template: it gets a run of its own, and is found to be as bad.
  if (isRestart) await house.untilEnd(2);
  else expect(toldOf(house, "checkout").map(({ note }) => note)).toEqual([expect.stringContaining(manager)]);
  await house.clock.advance(5_000);
  expect(await servedNow(house)).toEqual(["v1"]);
  const seen = house.sim.users.summary({ fromMs });
  if (!isRestart) expect(seen.failed).toBe(0);
  await house.term.stop();
});

describe("a refused version that was resumed while no controller ran, and has rolled out whole", () => {
  test.each(["RolledBack", "Observing"] as const)(
    "since %s: users are brought back to the old version on pods of its own, and stay there until Git has it again",
    async (phase) => {
      const house = await houseIn("Observing", { hold: "none" });
      await house.clock.advance(100);
      house.sim.kubelet.setBehaviour(
        { namespace: "shop", labels: { "sluice.dev/run": "checkout-1" } },
        { errorFraction: 0.5 },
      );
      if (phase === "RolledBack") {
        await house.untilEnd(1);
        await house.clock.advance(3_000);
      }
      house.term.crash();
      await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { paused: null } } });
      await house.clock.advance(12_000);
      house.term = await house.start("second");
      await house.until(
        "users are back",
        () => house.run()?.spec.reason === "Undo" && house.phase() === "Promoted",
        60_000,
      );
      await house.clock.advance(1_000);
      const backMs = house.clock.now();
      await house.clock.advance(5_000);
      expect(house.sim.users.summary({ fromMs: backMs }).failed).toBe(0);
      expect(await servedNow(house)).toEqual(["v1"]);
      expect(heldAgain(house)).toBe(true);
      expect(house.rolloutStatus().conditions.map(({ type, reason }) => [type, reason])).toContainEqual([
        "LiveOnTwin",
        "TemplateDiffers",
      ]);
      const told = toldOf(house, "checkout").map(({ note }) => note);
      expect(told).toContainEqual(
        expect.stringMatching(/every pod of Deployment checkout is of the version that was refused/),
      );
      await house.ship("v1");
      await house.until(
        "it has caught up",
        () =>
          house.rolloutStatus().phase === "Healthy" &&
          house.object("deployments.apps", house.run()?.spec.from.workload ?? "") === undefined,
      );
      await house.clock.advance(2_000);
      expect(await servedNow(house)).toEqual(["v1"]);
      expect(house.sim.users.summary({ fromMs: backMs }).failed).toBe(0);
      await house.term.stop();
    },
  );
});

test("a Rollout that is deleted just after its Deployment was resumed leaves no pod of a template that nobody vetted", async () => {
  const house = await houseIn("RolledBack", { hold: "none" });
  await house.clock.advance(3_000);
  house.term.crash();
  await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { paused: null } } });
  await house.until("it rolls", () => house.versionsSince(house.clock.now() - 200).includes("v2-errors50"), 5_000);
  await house.alice.delete(rollouts, ref);
  house.term = await house.start("second");
  await house.until("the Rollout is gone", () => house.object("rollouts.sluice.dev") === undefined, 60_000);
  await house.clock.advance(3_000);
  expect(heldAgain(house)).toBe(true);
  expect(await servedNow(house)).toEqual(["v1"]);
  await house.term.stop();
});
