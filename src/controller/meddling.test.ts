import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import type { JsonPatchOperation } from "../kube/port.ts";
import { deployments, services } from "../kube/resources.ts";
import { destinationRules, virtualServices } from "../sim/kinds.ts";
import { openHouse, openKeptHouse, ref, rolloutObject, type House } from "./fixture.test-helper.ts";
import { rollouts } from "./resources.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

const edit = (house: House, ...operations: JsonPatchOperation[]) =>
  house.alice.patch(virtualServices, ref, { type: "json", operations });

const weights = (canary: number): JsonPatchOperation[] => [
  { op: "replace", path: "/spec/http/0/route/0/weight", value: 100 - canary },
  { op: "replace", path: "/spec/http/0/route/1/weight", value: canary },
];

describe("a route that somebody edits by hand", () => {
  test.each<Phase>(["Scaling", "Observing", "Paused", "Withdrawing"])(
    "to give the candidate more, in %s, is lowered at once",
    async (phase) => {
      const house = await houseIn(phase);
      await edit(house, ...weights(90));
      const editedMs = house.clock.now();
      await house.clock.advance(1_000);
      const later = house.sim.users.summary({ fromMs: editedMs + 400 });
      const share = (later.byWorkload["checkout-1"]?.total ?? 0) / later.total;
      expect(share).toBeLessThan(0.3);
      await house.term.stop();
    },
  );

  test("to give it less is left alone: the run is paused and says who it was", async () => {
    const house = await houseIn("Observing");
    await edit(house, ...weights(0));
    await house.untilPhase("Paused", 1, 5_000);
    expect(house.run()?.status.pause).toMatchObject({ reason: "Withdrawn", withdrawn: true });
    expect(house.run()?.status.pause?.message).toMatch(/alice/);
    await house.clock.advance(20_000);
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.command("resume");
    await untilPromoted(house);
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  const sync = (house: House) =>
    house.sim
      .as("user:argocd")
      .patch(virtualServices, ref, { type: "json", operations: weights(0) }, { fieldManager: "argocd-controller" });

  test("to give it less, by a GitOps tool that writes what Git says, is raised again after a fresh reading", async () => {
    const house = await houseIn("Observing");
    await sync(house);
    await house.untilPhase("Shifting", 1, 2_000);
    expect(house.run()?.status).toMatchObject({ weightInForce: 0, reshifts: [{}] });
    await untilPromoted(house);
    expect(house.events("checkout-1").map(({ reason }) => reason)).toContain("WeightReset");
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("to give it less, by a GitOps tool, while it waits for an approval does not pause the run: the next step raises it", async () => {
    const steps = [
      { name: "first", weight: 10, observe: "3s", approval: {} },
      { name: "second", weight: 30, observe: "3s" },
    ];
    const house = await houseIn("Observing", { spec: { steps } });
    await house.untilPhase("Waiting", 1);
    await sync(house);
    await house.clock.advance(2_000);
    expect(house.phase()).toBe("Waiting");
    expect(house.run()?.status).toMatchObject({ weightInForce: 0, reshifts: [{}] });
    expect(await servedNow(house)).toEqual(["v1"]);
    await untilPromoted(house);
    expect(house.events("checkout-1").map(({ reason }) => reason)).toContain("WeightReset");
    expect(house.sim.users.summary().failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("to give it less again and again, by a GitOps tool, ends in a pause that names the tool and the remedy", async () => {
    const house = await houseIn("Observing");
    let { term } = house;
    let syncs = 0;
    while (house.phase() !== "Paused" && syncs < 10) {
      const weight = () => JSON.stringify(house.object("virtualservices.networking.istio.io")).includes('"weight":10');
      await house.until("the weight is up", weight, 10_000);
      await sync(house);
      syncs += 1;
      if (syncs === 3) {
        // The count is in the run's status: a controller that dies does not begin anew.
        term.crash();
        term = await house.start("second");
      }
      await house.clock.advance(1_000);
    }
    expect(syncs).toBe(6);
    const contended = house.rolloutStatus().conditions.find(({ type }) => type === "RouteContended");
    expect(contended).toMatchObject({ status: "True" });
    expect(contended?.message).toMatch(/argocd-controller.*\.spec\.http.*ignoreDifferences/);
    await house.clock.advance(20_000);
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.command("resume");
    await untilPromoted(house);
    expect(house.rolloutStatus().conditions.map(({ type }) => type)).not.toContain("RouteContended");
    expect(house.sim.users.summary().failed).toBe(0);
    await term.stop();
  });

  test("beside the weights keeps what was edited, to the end and after", async () => {
    const house = await houseIn("Observing");
    await edit(house, { op: "add", path: "/spec/http/0/timeout", value: "9s" });
    await untilPromoted(house);
    await house.clock.advance(1_000);
    expect(house.object("virtualservices.networking.istio.io")?.["spec"]).toEqual({
      hosts: ["checkout"],
      http: [{ name: "main", route: [{ destination: { host: "checkout" } }], timeout: "9s" }],
    });
    await house.term.stop();
  });
});

describe("in the middle of a run", () => {
  test.each<[Phase, Phase]>([
    ["Scaling", "RolledBack"],
    ["Observing", "RolledBack"],
    ["Paused", "RolledBack"],
    ["Keeping", "Promoted"],
    ["Joining", "Promoted"],
  ])(
    "a VirtualService that is deleted in %s: the run ends %s and nobody meets the twin by pod count for long",
    async (phase, end) => {
      const house = await houseIn(phase);
      await house.alice.delete(virtualServices, ref);
      const deletedMs = house.clock.now();
      expect(await house.untilEnd(1)).toBe(end);
      await house.clock.advance(2_000);
      expect(await servedNow(house)).toEqual([end === "Promoted" ? "v2" : "v1"]);
      expect(house.sim.users.summary({ fromMs: deletedMs }).failed).toBe(0);
      expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
      await house.term.stop();
    },
  );

  test.each<[Phase, Phase]>([
    ["Scaling", "RolledBack"],
    ["Observing", "RolledBack"],
    ["Keeping", "Promoted"],
    ["Converging", "Promoted"],
    ["Joining", "Promoted"],
  ])("a DestinationRule that is deleted in %s is made again; the run ends %s", async (phase, end) => {
    const house = await houseIn(phase);
    await house.alice.delete(destinationRules, ref);
    const deletedMs = house.clock.now();
    const ended = await house.untilEnd(1);
    expect(["Promoted", end]).toContain(ended);
    await house.clock.advance(3_000);
    expect(await servedNow(house)).toEqual([ended === "Promoted" ? "v2" : "v1"]);
    // What cannot be prevented: until the rule is there again, its subsets are unknown to the mesh.
    expect(house.sim.users.summary({ fromMs: deletedMs + 1_000 }).failed).toBe(0);
    expect(house.object("destinationrules.networking.istio.io")).toBeUndefined();
    await house.term.stop();
  });

  test("a Git revert of the whole route to its plain form takes the twin away at once", async () => {
    const house = await houseIn("Observing");
    await edit(house, { op: "replace", path: "/spec/http/0/route", value: [{ destination: { host: "checkout" } }] });
    const revertedMs = house.clock.now();
    expect(await house.untilEnd(1)).toMatch(/RolledBack|Aborted/);
    const seen = house.sim.users.summary({ fromMs: revertedMs });
    expect(seen.failed).toBe(0);
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.term.stop();
  });

  test("a Deployment that grows is followed by its twin, once all users are there", async () => {
    const house = await houseIn("Keeping");
    await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { replicas: 8 } } });
    await house.clock.advance(2_500);
    await untilPromoted(house);
    expect(house.object("deployments.apps")?.["spec"]).toMatchObject({ replicas: 8 });
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });
});

describe("a Rollout that cannot work", () => {
  test("because it is invalid says which field is", async () => {
    // The one thing that the API server lets pass: it has no say over names.
    const name = "checkout-of-the-shop-in-the-old-town-by-the-river-and-the-mill";
    const house = await openHouse({ withRollout: false });
    await house.alice.create(rollouts, rolloutObject({}, name));
    const term = await house.start();
    await house.clock.advance(2_000);
    expect(house.object("rollouts.sluice.dev", name)?.["status"]).toMatchObject({
      phase: "InvalidSpec",
      message: expect.stringMatching(/metadata\.name: .*characters/) as unknown,
      conditions: [
        { type: "Ready", status: "False", reason: "InvalidSpec" },
        { type: "Stalled", status: "True", reason: "InvalidSpec" },
      ],
    });
    await house.ship("v2");
    await house.clock.advance(10_000);
    expect(await servedNow(house)).toEqual(["v2"]);
    await term.stop();
  });

  test.each(["Deployment", "Service", "VirtualService"] as const)(
    "without its %s says so, and works once it is there",
    async (kind) => {
      const resource = { Deployment: deployments, Service: services, VirtualService: virtualServices }[kind];
      const house = await openHouse();
      const gone = await house.alice.get(resource, ref);
      await house.alice.delete(resource, ref);
      await house.clock.advance(2_000);
      const term = await house.start();
      await house.clock.advance(5_000);
      if (kind !== "Deployment") await house.ship("v2");
      await house.until("it is told", () => house.rolloutStatus().conditions.some(({ type }) => type === "Stalled"));
      expect(house.rolloutStatus().message).toMatch(new RegExp(`${kind}.*checkout.*(not|no).*exist`));
      const {
        uid: _,
        resourceVersion: __,
        managedFields: ___,
        creationTimestamp: ____,
        generation: _____,
        ...metadata
      } = gone.metadata;
      await house.alice.create(resource, { ...gone, metadata });
      await house.until("it works", () => house.rolloutStatus().phase === "Healthy" || house.phase() === "Observing");
      await term.stop();
    },
  );

  test("for a workload that an older one has is told so, and changes nothing", async () => {
    const house = await openKeptHouse();
    await house.alice.create(rollouts, rolloutObject({}, "second"));
    const statusOf = () =>
      house.object("rollouts.sluice.dev", "second")?.["status"] as {
        conditions?: { type: string; reason: string; message: string }[];
      };
    await house.clock.advance(3_000);
    await house.ship("v2");
    await untilPromoted(house);
    await house.clock.advance(2_000);
    expect(house.sim.users.summary().failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    expect(house.sim.store.list("rolloutruns.sluice.dev").map(({ metadata }) => metadata.name)).toEqual(["checkout-1"]);
    expect(statusOf().conditions).toMatchObject([{ type: "Ready", status: "False" }, { type: "Stalled" }]);
    expect(JSON.stringify(statusOf().conditions)).toMatch(/Rollout (shop\/)?checkout/);

    await house.alice.delete(rollouts, { namespace: ref.namespace, name: "second" });
    await house.until("it is gone", () => house.object("rollouts.sluice.dev", "second") === undefined);
    expect(house.object("deployments.apps")?.metadata.annotations).toMatchObject({ "sluice.dev/rollout": "checkout" });
    await house.term.stop();
  });
});
