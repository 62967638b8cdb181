import { beforeAll, describe, expect, test } from "vitest";
import { PHASES, type Phase } from "../../../src/api/phase.ts";
import {
  type House,
  openHouse,
  openKeptHouse,
  ref,
  rolloutObject,
} from "../../../src/controller/fixture.test-helper.ts";
import { rolloutPolicies, rollouts } from "../../../src/controller/resources.ts";
import { ApiError } from "../../../src/kube/errors.ts";
import type { KubeObject } from "../../../src/kube/port.ts";
import { deployments } from "../../../src/kube/resources.ts";
import { shopDeployment } from "../../../src/sim/shop.ts";
import { HEALTH, judge, judgeOne } from "./judge.ts";
import type { Moment } from "./seen.ts";
import { everyPhase } from "./ways.ts";

/** The condition contract: what Flux's kstatus and Argo CD make of a Rollout. */
const PROGRESSING = ["InProgress", "Progressing"];
const PAUSED = ["InProgress", "Suspended"];
const FAILED = ["Failed", "Degraded"];
const SUCCEEDED = ["Current", "Healthy"];

const ROW: Readonly<Record<Phase, readonly string[]>> = {
  Preflight: PROGRESSING,
  Waiting: PAUSED,
  Fencing: PROGRESSING,
  Scaling: PROGRESSING,
  Shifting: PROGRESSING,
  Observing: PROGRESSING,
  Paused: PAUSED,
  SwappingLabels: PROGRESSING,
  SwappingWeight: PROGRESSING,
  Keeping: PROGRESSING,
  Converging: PROGRESSING,
  Joining: PROGRESSING,
  Undoing: PROGRESSING,
  Withdrawing: PROGRESSING,
  Draining: PROGRESSING,
  // The Rollout is being deleted.
  Releasing: ["Terminating", "Progressing"],
  Promoted: SUCCEEDED,
  RolledBack: FAILED,
  Aborted: FAILED,
  // Git went back to what users are on.
  Superseded: SUCCEEDED,
};

/** Argo CD itself shows what is being deleted as progressing, whatever its script says. */
async function verdicts(rollout: KubeObject): Promise<(string | undefined)[]> {
  const [flux, argo] = await judge([
    { ask: "kstatus", object: rollout },
    { ask: "lua", object: rollout, script: HEALTH.rollout },
  ]);
  expect(flux?.error ?? argo?.error).toBeUndefined();
  return [flux?.status, argo?.status];
}

const now = (house: House): KubeObject => {
  const rollout = house.object("rollouts.sluice.dev");
  if (rollout === undefined) throw new Error("there is no Rollout");
  return rollout;
};

describe.each(["policy", "none"] as const)("with the hold by %s, kstatus and Argo CD", (hold) => {
  let phases: Map<Phase, Moment>;
  beforeAll(async () => {
    phases = await everyPhase(hold);
  }, 300_000);

  test.each(PHASES)("see a Rollout whose run is %s as the contract says", async (phase) => {
    const moment = phases.get(phase);
    expect(moment, `no run came through ${phase}`).toBeDefined();
    if (moment !== undefined) expect(await verdicts(moment.rollout)).toEqual(ROW[phase]);
  });

  test.each(PHASES)("see the Deployment of a run that is %s as done only once its own pods are", async (phase) => {
    const object = phases.get(phase)?.deployment;
    if (object === undefined) throw new Error(`no run came through ${phase}`);
    const { status } = await judgeOne({ ask: "lua", object, script: HEALTH.deployment });
    const { spec, status: counts } = object as unknown as {
      spec: { replicas: number };
      status: { updatedReplicas?: number; availableReplicas?: number };
    };
    const isDone = counts.updatedReplicas === spec.replicas && (counts.availableReplicas ?? 0) >= spec.replicas;
    expect(status === "Healthy").toBe(isDone && object.metadata.generation === observed(object));
  });
});

function observed(object: KubeObject): unknown {
  return (object["status"] as { observedGeneration?: number } | undefined)?.observedGeneration;
}

describe("kstatus and Argo CD see a Rollout", () => {
  test("that nobody has looked at as in progress: a new object is not healthy for lack of a status", async () => {
    const house = await openHouse();
    expect(await verdicts(now(house))).toEqual(PROGRESSING);
  });

  test("at rest as done, and after an edit in progress until that is seen", async () => {
    const house = await openKeptHouse();
    expect(await verdicts(now(house))).toEqual(SUCCEEDED);
    await house.term.stop();
    await house.editRollout((spec) => void (spec["progressDeadline"] = "31s"));
    expect(await verdicts(now(house))).toEqual(PROGRESSING);
    await house.start("second");
    await house.clock.advance(5_000);
    expect(await verdicts(now(house))).toEqual(SUCCEEDED);
  });

  test("that is suspended with a new template waiting as suspended", async () => {
    const house = await openKeptHouse({ spec: { suspend: true } });
    await house.ship("v2");
    await house.until("it is told", () => house.rolloutStatus().phase === "Paused");
    expect(await verdicts(now(house))).toEqual(PAUSED);
  });

  test("without evidence as suspended", async () => {
    const house = await openKeptHouse();
    await house.ship("v2");
    await house.untilPhase("Observing");
    house.sim.prometheus.setMode("down");
    await house.until("it is told", () => house.rolloutStatus().phase === "Paused");
    expect(house.rolloutStatus().conditions).toContainEqual(expect.objectContaining({ reason: "Inconclusive" }));
    expect(await verdicts(now(house))).toEqual(PAUSED);
  });

  test("whose run waits for a window as suspended", async () => {
    const house = await openKeptHouse();
    const opens = new Date(house.clock.now() + 20 * 60_000);
    const schedule = `${opens.getUTCMinutes()} ${opens.getUTCHours()} * * *`;
    await house.editRollout((spec) => {
      spec["windows"] = [{ name: "daily", kind: "Allow", schedule, duration: "10m" }];
    });
    await house.ship("v2");
    await house.until("it is told", () => house.rolloutStatus().phase === "Paused");
    expect(house.rolloutStatus().conditions).toContainEqual(expect.objectContaining({ reason: "WaitingForWindow" }));
    expect(await verdicts(now(house))).toEqual(PAUSED);
  });

  test("whose checks fail as failed", async () => {
    const furnish = (alice: House["alice"]) => alice.create(deployments, shopDeployment("checkout-1", { replicas: 1 }));
    const house = await openKeptHouse({ furnish });
    await house.ship("v2");
    await house.until("it is told", () => house.rolloutStatus().phase === "PreflightFailed");
    expect(await verdicts(now(house))).toEqual(FAILED);
  });

  test("whose policy is not there as failed, and as well again with it", async () => {
    const house = await openKeptHouse();
    await house.editRollout((spec) => {
      spec["policyRef"] = { name: "careful" };
    });
    await house.until("it is told", () => house.rolloutStatus().phase === "InvalidPolicy");
    expect(await verdicts(now(house))).toEqual(FAILED);
    await house.alice.create(rolloutPolicies, {
      apiVersion: "sluice.dev/v1alpha1",
      kind: "RolloutPolicy",
      metadata: { name: "careful", namespace: "shop" },
      spec: {},
    });
    await house.until("it is told", () => house.rolloutStatus().phase === "Healthy");
    expect(await verdicts(now(house))).toEqual(SUCCEEDED);
  });

  test("that is invalid as failed", async () => {
    const name = "checkout-of-the-shop-in-the-old-town-by-the-river-and-the-mill";
    const house = await openHouse({ withRollout: false });
    await house.alice.create(rollouts, rolloutObject({}, name));
    await house.start();
    await house.clock.advance(2_000);
    const rollout = house.object("rollouts.sluice.dev", name);
    expect(rollout?.["status"]).toMatchObject({ phase: "InvalidSpec" });
    if (rollout !== undefined) expect(await verdicts(rollout)).toEqual(FAILED);
  });

  test("whose pods do not come up as failed, by the deadline", async () => {
    const house = await openKeptHouse();
    await house.ship("v2-neverready");
    await house.untilEnd();
    await house.until("it is told", () => house.rolloutStatus().phase === "RolledBack");
    expect(house.rolloutStatus().conditions[0]).toMatchObject({ reason: "ProgressDeadlineExceeded" });
    expect(await verdicts(now(house))).toEqual(FAILED);
  });

  test("that is stuck as failed, and as in progress again once it goes on", async () => {
    const house = await openKeptHouse();
    await house.ship("v2");
    await house.untilPhase("Scaling");
    const error = new ApiError(403, "Forbidden", "no");
    house.sim.setFault((call) =>
      call.resource === "virtualservices.networking.istio.io" && call.verb === "patch" ? { error } : undefined,
    );
    await house.until("it is told", () => house.rolloutStatus().phase === "WriteRefused");
    expect(await verdicts(now(house))).toEqual(FAILED);
    house.sim.setFault(undefined);
    await house.untilPhase("Observing");
    await house.clock.advance(500);
    expect(await verdicts(now(house))).toEqual(PROGRESSING);
  });

  test("at rest on the version before as failed: Git says something else", async () => {
    const house = await openKeptHouse();
    await house.ship("v2");
    await house.untilEnd();
    await house.command("undo");
    await house.until("users are back", () => house.phase(2) === "Promoted");
    await house.clock.advance(2_000);
    expect(house.object("deployments.apps", "checkout-2")?.metadata.name).toBe("checkout-2");
    expect(await verdicts(now(house))).toEqual(FAILED);
  });
});

describe("a Deployment that is held at rest", () => {
  test("without the admission policy is paused, which Argo CD's own health calls suspended and ours healthy", async () => {
    const house = await openKeptHouse({ hold: "none" });
    await house.until("it is paused", () => specOf(house).paused === true);
    await house.clock.advance(2_000);
    const object = deploymentOf(house);
    const [argo, flux] = await judge([
      { ask: "lua", object, script: HEALTH.deployment },
      { ask: "kstatus", object },
    ]);
    expect(argo).toMatchObject({ status: "Healthy", message: expect.stringContaining("Held by Sluice") as unknown });
    // What docs/gitops.md offers a health expression for.
    expect(flux?.status).toBe("InProgress");
  });

  test("with it is an ordinary one, to both", async () => {
    const house = await openKeptHouse();
    await house.clock.advance(2_000);
    const object = deploymentOf(house);
    const [argo, flux] = await judge([
      { ask: "lua", object, script: HEALTH.deployment },
      { ask: "kstatus", object },
    ]);
    expect([argo?.status, flux?.status]).toEqual(["Healthy", "Current"]);
  });

  test.each(["policy", "none"] as const)(
    "(by %s) is not healthy from the moment that its template changes",
    async (hold) => {
      const house = await openKeptHouse({ hold });
      await house.clock.advance(3_000);
      await house.ship("v2");
      const { status } = await judgeOne({ ask: "lua", object: deploymentOf(house), script: HEALTH.deployment });
      expect(status).toBe("Suspended");
    },
  );
});

test("a Deployment that somebody else paused is suspended, and one that rolls natively is judged as ever", async () => {
  const house = await openHouse({ withRollout: false });
  await house.ship("v2");
  const health = async () =>
    (await judgeOne({ ask: "lua", object: deploymentOf(house), script: HEALTH.deployment })).status;
  expect(await health()).toBe("Progressing");
  await house.clock.advance(20_000);
  expect(await health()).toBe("Healthy");
  await house.ship("v3-neverready");
  await house.clock.advance(60_000);
  expect(await health()).toBe("Degraded");
  await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { paused: true } } });
  expect(await health()).toBe("Suspended");
});

function deploymentOf(house: House): KubeObject {
  const found = house.object("deployments.apps");
  if (found === undefined) throw new Error("there is no Deployment");
  return found;
}

function specOf(house: House): { paused?: boolean } {
  return deploymentOf(house)["spec"] as { paused?: boolean };
}
