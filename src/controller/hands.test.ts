import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import type { PatchBody } from "../kube/port.ts";
import { deployments, replicaSets } from "../kube/resources.ts";
import { NAMESPACE, ref, type House } from "./fixture.test-helper.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

const twin = { namespace: NAMESPACE, name: "checkout-1" };
const merge = (patch: Record<string, unknown>): PatchBody => ({ type: "merge", patch });
const image = (tag: string): PatchBody => ({
  type: "json",
  operations: [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: `shop/checkout:${tag}` }],
});
const byAlice = { fieldManager: "kubectl-edit" };

const twinSpec = (house: House) => house.object("deployments.apps", twin.name)?.["spec"] as { replicas: number };

/** The ReplicaSet of the own Deployment that has pods. */
function liveSet(house: House): { namespace: string; name: string } {
  const found = house.sim.store.list("replicasets.apps", NAMESPACE).find((set) => {
    const owner = set.metadata.ownerReferences?.[0];
    return owner?.name === ref.name && (set["spec"] as { replicas: number }).replicas > 0;
  });
  return { namespace: NAMESPACE, name: found?.metadata.name ?? "" };
}

describe("a twin whose image somebody changes", () => {
  test.each<[Phase, Phase, string]>([
    ["Observing", "RolledBack", "v1"],
    ["Paused", "RolledBack", "v1"],
    ["SwappingLabels", "RolledBack", "v1"],
    ["Keeping", "RolledBack", "v1"],
  ])(
    "in %s: nobody meets that image, users go back to the old version, and it says who it was",
    async (phase, end, served) => {
      const house = await houseIn(phase);
      await house.alice.patch(deployments, twin, image("v9"), byAlice);
      expect(await house.untilEnd(1)).toBe(end);
      await house.clock.advance(3_000);
      expect(house.versionsSince(0)).not.toContain("v9");
      expect(await servedNow(house)).toEqual([served]);
      expect(house.unvetted()).toEqual([]);
      expect(house.sim.users.summary().failed).toBe(0);
      expect(house.run()?.status.end).toMatchObject({
        reason: "CandidateLost",
        message: expect.stringMatching(/template of the candidate's Deployment was edited/) as unknown,
      });
      const told = house.events("checkout-1").filter(({ reason }) => reason === "TwinEdited");
      expect(told.map(({ note }) => note)).toEqual([expect.stringMatching(/checkout-1.*kubectl-edit/)]);
      await house.term.stop();
    },
  );

  test.each<Phase>(["Scaling", "Converging"])("in %s gets its template back, and the run goes on", async (phase) => {
    const house = await houseIn(phase);
    await house.clock.advance(200);
    await house.alice.patch(deployments, twin, image("v9"), byAlice);
    await untilPromoted(house);
    await house.clock.advance(2_000);
    expect(house.versionsSince(0)).not.toContain("v9");
    expect(await servedNow(house)).toEqual(["v2"]);
    expect(house.unvetted()).toEqual([]);
    expect(house.sim.users.summary().failed).toBe(0);
    expect(house.events("checkout-1").filter(({ reason }) => reason === "TwinEdited")).toHaveLength(1);
    await house.term.stop();
  });

  test("while users rest on it gets its template back", async () => {
    const house = await houseIn("Converging");
    await house.ship("v3-errors50");
    await house.untilPhase("RolledBack", 2);
    await house.clock.advance(3_000);
    const fromMs = house.clock.now();
    await house.alice.patch(deployments, twin, image("v9"), byAlice);
    await house.clock.advance(8_000);
    expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
    expect(house.versionsSince(fromMs)).toEqual(["v2"]);
    expect(house.rolloutStatus().conditions.map(({ type }) => type)).toContain("LiveOnTwin");
    const told = house.events("checkout").filter(({ reason }) => reason === "TwinEdited");
    expect(told.map(({ note }) => note)).toEqual([expect.stringMatching(/checkout-1.*kubectl-edit/)]);
    await house.term.stop();
  });
});

describe("a twin", () => {
  test("that was edited while no controller ran, and rolled to it, carries nobody once one is back", async () => {
    const house = await houseIn("Observing");
    house.term.crash();
    await house.alice.patch(deployments, twin, image("v9"), byAlice);
    await house.clock.advance(10_000);
    house.term = await house.start("second");
    const backMs = house.clock.now();
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect(house.run()?.status.end).toMatchObject({ reason: "CandidateLost" });
    expect(house.versionsSince(backMs + 1_000)).toEqual(["v1"]);
    await house.term.stop();
  });

  test.each<Phase>(["Observing", "Keeping"])(
    "whose labels somebody changes, in %s, stays what it is",
    async (phase) => {
      const house = await houseIn(phase);
      const labels = { "sluice.dev/run": null, "sluice.dev/rollout": "other", team: "checkout" };
      await house.alice.patch(deployments, twin, merge({ metadata: { labels } }), byAlice);
      await untilPromoted(house);
      expect(await servedNow(house)).toEqual(["v2"]);
      expect(house.sim.users.summary().failed).toBe(0);
      expect(house.unvetted()).toEqual([]);
      await house.term.stop();
    },
  );

  test("that is scaled down is brought back to size, while its users are served by what is left", async () => {
    const house = await houseIn("Keeping");
    await house.alice.patch(deployments, twin, merge({ spec: { replicas: 1 } }), byAlice);
    await house.until("it is at size again", () => twinSpec(house).replicas === 4, 1_000);
    await untilPromoted(house);
    expect(house.sim.users.summary().failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    await house.term.stop();
  });

  test("that is scaled to 0 is brought back at once", async () => {
    const house = await houseIn("Observing");
    await house.alice.patch(deployments, twin, merge({ spec: { replicas: 0 } }), byAlice);
    await house.until("it has its size again", () => twinSpec(house).replicas === 1, 500);
    await untilPromoted(house);
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });

  test("that was scaled to 0 while no controller ran is lost: users go back to the old version", async () => {
    const house = await houseIn("Observing");
    house.term.crash();
    await house.alice.patch(deployments, twin, merge({ spec: { replicas: 0 } }), byAlice);
    await house.clock.advance(3_000);
    house.term = await house.start("second");
    const backMs = house.clock.now();
    expect(await house.untilEnd(1)).toBe("RolledBack");
    expect(house.run()?.status.end).toMatchObject({ reason: "CandidateLost" });
    expect(house.sim.users.summary({ fromMs: backMs + 1_000 }).failed).toBe(0);
    expect(await servedNow(house)).toEqual(["v1"]);
    await house.term.stop();
  });

  test("that is scaled up keeps its size: a larger one is no harm", async () => {
    const house = await houseIn("Observing");
    await house.alice.patch(deployments, twin, merge({ spec: { replicas: 3 } }), byAlice);
    await house.clock.advance(1_000);
    expect(twinSpec(house).replicas).toBe(3);
    await untilPromoted(house);
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });
});

describe("the ReplicaSet that users are on", () => {
  test.each<[Phase, number]>([
    ["Scaling", 1],
    ["Observing", 1],
    ["Observing", 9],
    ["Withdrawing", 1],
  ])(
    "scaled by hand in %s to %i is brought back by the deployment controller, and fails nobody",
    async (phase, replicas) => {
      const house = await houseIn(phase);
      const set = liveSet(house);
      const fromMs = house.clock.now();
      await house.alice.patch(replicaSets, set, merge({ spec: { replicas } }));
      await house.clock.advance(3_000);
      expect(house.object("replicasets.apps", set.name)?.["spec"]).toMatchObject({ replicas: 4 });
      await house.untilEnd(1);
      await house.clock.advance(3_000);
      if (phase !== "Withdrawing") expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
      expect(house.unvetted()).toEqual([]);
      await house.term.stop();
    },
  );

  test("whose image is edited lets no pod of that image meet users, while its own pods live", async () => {
    const house = await houseIn("Observing");
    await house.alice.patch(replicaSets, liveSet(house), image("v9"));
    await house.untilEnd(1);
    await house.clock.advance(3_000);
    expect(house.versionsSince(0)).not.toContain("v9");
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  });
});

describe("the own Deployment", () => {
  test.each<Phase>(["Scaling", "Observing", "Keeping", "Converging"])(
    "that is scaled to 0 in %s and back serves again, and no one meets what is not vetted",
    async (phase) => {
      const house = await houseIn(phase);
      const scale = (replicas: number) => house.alice.patch(deployments, ref, merge({ spec: { replicas } }));
      await scale(0);
      await house.clock.advance(2_000);
      await scale(4);
      const backMs = house.clock.now();
      const end = await house.untilEnd(1);
      await house.until("the live one is at size", () => house.rolloutStatus().phase !== "Progressing");
      await house.clock.advance(3_000);
      expect(house.sim.users.summary({ fromMs: backMs + 3_000 }).failed).toBe(0);
      expect(await servedNow(house)).toEqual([end === "Promoted" ? "v2" : "v1"]);
      expect(house.unvetted()).toEqual([]);
      expect(house.object("deployments.apps")?.["spec"]).toMatchObject({ replicas: 4 });
      await house.term.stop();
    },
  );

  test.each(["policy", "none"] as const)(
    "that is replaced whole from a file (hold %s), with a newer template, gets that template a run of its own",
    async (hold) => {
      const house = await houseIn("Observing", { hold });
      const live = await house.alice.get(deployments, ref);
      const { uid = "", resourceVersion = "", creationTimestamp = "" } = live.metadata;
      const file = structuredClone(live["spec"]) as { paused?: boolean; template: { spec: { containers: object[] } } };
      delete file.paused;
      file.template.spec.containers = [{ ...file.template.spec.containers[0], image: "shop/checkout:v3" }];
      // A file has none of what the cluster and Sluice noted beside: annotations and the pause are gone.
      const metadata = { ...ref, labels: { app: "checkout", team: "shop" }, uid, resourceVersion, creationTimestamp };
      await house.alice.replace(deployments, { ...live, metadata, spec: file }, { fieldManager: "kubectl-replace" });
      expect(await house.untilEnd(1)).toBe("Superseded");
      await house.until("v3 is promoted", () => house.run()?.spec.ordinal === 2 && house.phase() === "Promoted");
      await untilPromoted(house);
      expect(await servedNow(house)).toEqual(["v3"]);
      expect(house.object("deployments.apps")?.metadata.labels).toEqual({ app: "checkout", team: "shop" });
      expect(house.sim.users.summary().failed).toBe(0);
      expect(house.unvetted()).toEqual([]);
      await house.term.stop();
    },
  );

  test.each(["policy", "none"] as const)(
    "that is replaced whole from the file at hand (hold %s) stays held, and its run goes on",
    async (hold) => {
      const house = await houseIn("Observing", { hold });
      const live = await house.alice.get(deployments, ref);
      const { uid = "", resourceVersion = "", creationTimestamp = "" } = live.metadata;
      const { paused: _, ...file } = live["spec"] as Record<string, unknown>;
      const metadata = { ...ref, labels: { app: "checkout" }, uid, resourceVersion, creationTimestamp };
      await house.alice.replace(deployments, { ...live, metadata, spec: file }, { fieldManager: "kubectl-replace" });
      await untilPromoted(house);
      expect(await servedNow(house)).toEqual(["v2"]);
      expect(house.object("deployments.apps")?.metadata.annotations).toMatchObject({
        "sluice.dev/rollout": "checkout",
      });
      expect(house.sim.users.summary().failed).toBe(0);
      expect(house.unvetted()).toEqual([]);
      await house.term.stop();
    },
  );
});
