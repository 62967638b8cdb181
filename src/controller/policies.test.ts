import { describe, expect, test } from "vitest";
import { allCrds } from "../api/crd/kinds.ts";
import { API_VERSION } from "../api/metadata.ts";
import { ApiError } from "../kube/errors.ts";
import { silentLog } from "../kube/log.ts";
import type { KubeApi, KubeObject } from "../kube/port.ts";
import { customResourceDefinitions, namespaces } from "../kube/resources.ts";
import { isSluice, NAMESPACE, openHouse, openKeptHouse, type House, type HouseOptions } from "./fixture.test-helper.ts";
import { clusterRolloutPolicies, rolloutPolicies } from "./resources.ts";
import { untilPromoted } from "./states.test-helper.ts";

const MINUTE = 60_000;
/** A Rollout that leaves the steps to others. */
const noSteps: HouseOptions["spec"] = { steps: undefined };
const steps = (...weights: number[]) => weights.map((weight) => ({ name: `w${weight}`, weight, observe: "3s" }));

function ofTeam(name: string, spec: object): KubeObject {
  const metadata = { name, namespace: NAMESPACE };
  return { apiVersion: API_VERSION, kind: "RolloutPolicy", metadata, spec: { selector: {}, ...spec } };
}

function ofCluster(name: string, spec: object): KubeObject {
  const all = { namespaceSelector: {}, ...spec };
  return { apiVersion: API_VERSION, kind: "ClusterRolloutPolicy", metadata: { name }, spec: all };
}

const add = (alice: KubeApi, policy: KubeObject) =>
  alice.create(policy.kind === "RolloutPolicy" ? rolloutPolicies : clusterRolloutPolicies, policy);

const houseWith = (policies: readonly KubeObject[], options: HouseOptions = {}) =>
  openKeptHouse({
    spec: noSteps,
    furnish: (alice) => Promise.all(policies.map((policy) => add(alice, policy))),
    ...options,
  });

const planned = (house: House, ordinal = 1) => house.run(ordinal)?.spec.plan.steps.map(({ weight }) => weight);
const origins = (house: House, ordinal = 1) => house.run(ordinal)?.spec.plan.origins;
const stalled = (house: House) => house.rolloutStatus().conditions.find(({ type }) => type === "Stalled");

/** As a server keeps one that knows fewer rules than this version. */
function keepUnjudged(house: House, policy: KubeObject): void {
  const name = policy.kind === "RolloutPolicy" ? "rolloutpolicies" : "clusterrolloutpolicies";
  house.sim.store.put(`${name}.sluice.dev`, structuredClone(policy));
}

describe("a run is made from", () => {
  test("the policy of its namespace where the Rollout says nothing, and says so", async () => {
    const house = await houseWith([ofTeam("shop", { steps: steps(20) }), ofCluster("base", { steps: steps(5) })]);
    await house.ship("v2");
    await untilPromoted(house);
    expect(planned(house)).toEqual([20, 100]);
    expect(origins(house)).toMatchObject({ steps: "RolloutPolicy/shop", "promotion.ramp": "Rollout" });
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("what the Rollout states itself, before any policy", async () => {
    const house = await houseWith([ofTeam("shop", { steps: steps(20) })], { spec: { steps: steps(40) } });
    await house.ship("v2");
    await house.untilPhase("Observing", 1);
    expect(planned(house)).toEqual([40, 100]);
    expect(origins(house)).toMatchObject({ steps: "Rollout" });
    await house.term.stop();
  });

  test("what a cluster policy allows at most: smaller first, watched longer, approved, with its objective", async () => {
    const objectives = [{ name: "errors", errorRate: { max: "1%" } }];
    const limits = { maxFirstWeight: 2, minObserve: "6s", approval: {}, objectives };
    const policies = [ofCluster("critical", { limits, steps: steps(10, 30) })];
    const house = await houseWith(policies, { requestsPerSecond: 600 });
    await house.ship("v2");
    await house.until("it waits for the approval", () => house.rolloutStatus().message.includes("approval"));
    expect(planned(house)).toEqual([2, 10, 30, 100]);
    expect(house.run()?.spec.plan.steps.map(({ observeMs }) => observeMs)).toEqual([6_000, 6_000, 6_000, 6_000]);
    const limit = "ClusterRolloutPolicy/critical (limit)";
    expect(origins(house)).toMatchObject({
      steps: "ClusterRolloutPolicy/critical",
      "steps.limited": limit,
      "steps.w30.approval": limit,
      "promotion.observe": limit,
      "analysis.objectives.errors": limit,
    });
    expect(house.run()?.spec.plan.analysis.objectives[0]).toMatchObject({ name: "errors", limitFraction: 0.01 });
    expect(house.run()?.status).toMatchObject({ phase: "Waiting", weightInForce: 30 });
    await house.command("approve", "w30");
    expect(await house.untilEnd(1)).toBe("Promoted");
    await house.term.stop();
  });
});

describe("a policy that is changed or deleted in the middle of a run", () => {
  test("changes nothing for that run, and is the next one's", async () => {
    const house = await houseWith([ofTeam("shop", { steps: steps(10, 40) })]);
    await house.ship("v2");
    await house.untilPhase("Observing", 1);
    const plan = JSON.stringify(house.run(1)?.spec.plan);
    const where = { namespace: NAMESPACE, name: "shop" };
    const patch = {
      spec: { steps: steps(50), windows: [{ name: "now", kind: "Deny", schedule: "* * * * *", duration: "1h" }] },
    };
    await house.alice.patch(rolloutPolicies, where, { type: "merge", patch });
    await house.until("the second step", () => house.run(1)?.status.step === 1);
    await house.alice.delete(rolloutPolicies, where);
    await untilPromoted(house);
    expect(JSON.stringify(house.run(1)?.spec.plan)).toBe(plan);
    await add(house.alice, ofTeam("shop", { steps: steps(50) }));
    await house.ship("v3");
    await house.untilPhase("Observing", 2);
    expect(planned(house, 2)).toEqual([50, 100]);
    await house.term.stop();
  });

  test("changes nothing either when what it is changed into cannot be read", async () => {
    const house = await houseWith([ofTeam("shop", { steps: steps(10, 40) })]);
    await house.ship("v2");
    await house.untilPhase("Observing", 1);
    keepUnjudged(house, ofTeam("shop", { steps: steps(101) }));
    await house.until("it ends", () => house.phase(1) === "Promoted");
    expect(planned(house)).toEqual([10, 40, 100]);
    await house.until("it says so", () => house.rolloutStatus().phase === "InvalidPolicy");
    await house.term.stop();
  });
});

test("a run whose checks have not passed is made anew when the policy is mended that kept it from passing", async () => {
  const named = (name: string) => ofTeam("shop", { steps: steps(20), analysis: { prometheus: { name } } });
  const house = await houseWith([named("nowhere")]);
  await house.ship("v2");
  await house.until("the checks failed", () => house.rolloutStatus().phase === "PreflightFailed");
  expect(house.rolloutStatus().message).toContain(
    'Prometheus "nowhere" (spec.analysis.prometheus.name of RolloutPolicy/shop)',
  );
  const patch = { spec: { analysis: { prometheus: { name: "default" } } } };
  await house.alice.patch(rolloutPolicies, { namespace: NAMESPACE, name: "shop" }, { type: "merge", patch });
  await house.until("another run is promoted", () => house.phase(2) === "Promoted");
  expect(house.phase(1)).toBe("Superseded");
  expect(origins(house, 2)).toMatchObject({ "analysis.prometheus.name": "RolloutPolicy/shop" });
  await house.term.stop();
});

test("one ClusterRolloutPolicy freezes every namespace, and says until when", async () => {
  const house = await houseWith([]);
  const start = new Date(house.clock.now() - MINUTE);
  const schedule = `${start.getUTCMinutes()} ${start.getUTCHours()} * * *`;
  const windows = [{ name: "black-friday", kind: "Deny", schedule, duration: "20m" }];
  // The Rollout's own window is open: that opens nobody else's.
  await house.editRollout((spec) => {
    spec["windows"] = [{ name: "always", kind: "Allow", schedule: "* * * * *", duration: "1h" }];
  });
  await add(house.alice, ofCluster("freeze", { windows }));
  await house.clock.advance(500);
  await house.ship("v2");
  await house.untilPhase("Waiting", 1);
  await house.until("it says so", () => house.rolloutStatus().nextWakeTime !== undefined);
  const { message, nextWakeTime = "" } = house.rolloutStatus();
  expect(message).toMatch(/inside the deny window black-friday of ClusterRolloutPolicy\/freeze/);
  expect(Date.parse(nextWakeTime) - start.getTime()).toBeLessThanOrEqual(20 * MINUTE);
  expect(house.events("checkout-1").filter(({ reason }) => reason === "WaitingForWindow")).toHaveLength(1);
  await house.clock.advance(10 * MINUTE);
  expect(house.sim.users.summary().byVersion).not.toHaveProperty("v2");
  expect(await house.untilEnd(1, 60 * MINUTE)).toBe("Promoted");
  expect(house.clock.now()).toBeGreaterThan(Date.parse(nextWakeTime));
  await house.term.stop();
});

test("a namespace gets the policy by its label, as soon as it has it", async () => {
  const critical = { namespaceSelector: { matchLabels: { tier: "critical" } }, steps: steps(1) };
  const house = await houseWith([ofCluster("critical", critical)]);
  const labels = { tier: "critical" };
  await house.alice.patch(namespaces, { name: NAMESPACE }, { type: "merge", patch: { metadata: { labels } } });
  await house.clock.advance(500);
  await house.ship("v2");
  await house.until("there is a run", () => house.run(1) !== undefined);
  expect(planned(house)).toEqual([1, 100]);
  await house.term.stop();
});

describe("while a policy cannot be read", () => {
  const bad = ofCluster("freeze", { windows: [{ name: "odd", kind: "Deny", schedule: "0 0 31 2 *", duration: "1h" }] });
  const names = /ClusterRolloutPolicy\/freeze spec\.windows\[0\]\.schedule: .*0 0 31 2 \*/;

  test("no new version gets to users, which is said at once with policy and field; mended, it goes on within a second", async () => {
    const house = await houseWith([]);
    keepUnjudged(house, bad);
    await house.until("it says so", () => house.rolloutStatus().phase === "InvalidPolicy");
    expect(stalled(house)).toMatchObject({ reason: "InvalidPolicy", message: expect.stringMatching(names) as unknown });
    await house.ship("v2");
    await house.clock.advance(2 * MINUTE);
    expect(house.run()).toBeUndefined();
    expect(house.sim.users.summary().byVersion).not.toHaveProperty("v2");
    expect(house.rolloutStatus().message).toMatch(/^a new version waits: ClusterRolloutPolicy/);
    await house.alice.delete(clusterRolloutPolicies, { name: "freeze" });
    await house.clock.advance(1_000);
    expect(house.run(1)).toBeDefined();
    await house.term.stop();
  });

  test("the way back is open: a version that users were on before, and undo", async () => {
    const house = await openKeptHouse();
    await house.ship("v2");
    await untilPromoted(house);
    keepUnjudged(house, bad);
    await house.ship("v1");
    await house.until("run 2 has ended", () => house.phase(2) === "Promoted");
    expect(house.run(2)?.spec.reason).toBe("FastPath");
    await house.command("undo");
    await house.until("run 3 has ended", () => house.phase(3) === "Promoted");
    expect(house.run(3)?.spec.reason).toBe("Undo");
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });
});

test("a policy that is named and not there keeps new versions waiting until it is", async () => {
  const house = await openKeptHouse({ spec: { steps: undefined } });
  await house.editRollout((spec) => {
    spec["policyRef"] = { name: "strict" };
  });
  await house.until("it says so", () => house.rolloutStatus().phase === "InvalidPolicy");
  expect(house.rolloutStatus().message).toBe(
    'spec.policyRef: there is no RolloutPolicy "strict" in namespace shop: create it, or name another one',
  );
  await add(house.alice, ofTeam("strict", { selector: undefined, steps: steps(3) }));
  await house.until("it is well again", () => house.rolloutStatus().phase === "Healthy");
  await house.ship("v2");
  await house.until("there is a run", () => house.run(1) !== undefined);
  expect(planned(house)).toEqual([3, 100]);
  await house.term.stop();
});

describe("where policies are not served", () => {
  function listening() {
    const told: string[] = [];
    const note = (_fields: object, message: string) => void told.push(message);
    return {
      log: { ...silentLog, warn: note, info: note },
      told: (about: string) => told.filter((each) => each.includes(about)),
    };
  }

  test("releases go on, which is told once; installed later, they hold within a minute", async () => {
    const { log, told } = listening();
    const house = await openHouse({ log, rolloutPolicies: false });
    const term = await house.start();
    await house.ship("v2");
    await untilPromoted(house);
    await house.clock.advance(3 * MINUTE);
    expect(told("does not serve both")).toHaveLength(1);
    expect(told("a pass failed")).toEqual([]);
    for (const crd of allCrds()) await house.alice.create(customResourceDefinitions, crd as unknown as KubeObject);
    await add(house.alice, ofCluster("critical", { limits: { maxFirstWeight: 1 } }));
    await house.clock.advance(61_000);
    await house.ship("v3");
    await house.until("there is a run", () => house.run(2) !== undefined);
    expect(planned(house, 2)).toEqual([1, 10, 100]);
    await term.stop();
  });

  test("or half of it is served, no new version gets to users: the other half may hold a limit", async () => {
    const { log, told } = listening();
    const house = await openHouse({ log, rolloutPolicies: false });
    const [cluster] = allCrds().filter(({ spec }) => spec.names.kind === "ClusterRolloutPolicy");
    await house.alice.create(customResourceDefinitions, cluster as unknown as KubeObject);
    await add(house.alice, ofCluster("critical", { limits: { maxFirstWeight: 1 } }));
    const term = await house.start();
    await house.ship("v2");
    await house.clock.advance(3 * MINUTE);
    expect(house.run()).toBeUndefined();
    expect(house.rolloutStatus()).toMatchObject({ phase: "InvalidPolicy" });
    expect(told("only one of")).toHaveLength(1);
    for (const crd of allCrds()) {
      if (crd.spec.names.kind === "RolloutPolicy")
        await house.alice.create(customResourceDefinitions, crd as unknown as KubeObject);
    }
    await house.clock.advance(61_000);
    await house.until("there is a run", () => house.run(1) !== undefined);
    expect(planned(house, 1)).toEqual([1, 10, 100]);
    await term.stop();
  });

  test("or may not be read, no new version gets to users until they may, which is told", async () => {
    const { log, told } = listening();
    const house = await openHouse({ log });
    const forbidden = new ApiError(403, "Forbidden", "cannot list resource namespaces");
    const forbid = () =>
      house.sim.setFault((call) =>
        isSluice(call) && call.resource === "namespaces" ? { error: forbidden } : undefined,
      );
    forbid();
    const term = await house.start();
    await house.clock.advance(10_000);
    await house.ship("v2");
    await house.clock.advance(3 * MINUTE);
    expect(told("may not be read")).toHaveLength(1);
    expect(house.run()).toBeUndefined();
    expect(house.rolloutStatus()).toMatchObject({ phase: "InvalidPolicy" });
    expect(house.rolloutStatus().message).toMatch(/may not be read: apply the newest ClusterRole sluice-controller/);
    expect(house.versionsSince(0)).toEqual(["v1"]);
    await add(house.alice, ofCluster("critical", { limits: { maxFirstWeight: 1 } }));
    house.sim.setFault(() => undefined);
    await house.clock.advance(61_000);
    await house.until("there is a run", () => house.run(1) !== undefined);
    expect(planned(house, 1)).toEqual([1, 10, 100]);
    await term.stop();
  });
});
