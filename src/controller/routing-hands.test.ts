import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import type { KubeObject } from "../kube/port.ts";
import { destinationRules, virtualServices } from "../sim/kinds.ts";
import { ref, type House } from "./fixture.test-helper.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

const route = "virtualservices.networking.istio.io";
const rule = "destinationrules.networking.istio.io";

/** What a file in Git has of an object. */
const asInGit = (object: KubeObject): KubeObject => {
  const { name, namespace, labels } = object.metadata;
  return {
    ...object,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) },
  };
};

const plainRule = (): KubeObject => ({
  apiVersion: "networking.istio.io/v1",
  kind: "DestinationRule",
  metadata: { ...ref, labels: { team: "checkout" } },
  spec: { host: "checkout", trafficPolicy: { connectionPool: { tcp: { maxConnections: 7 } } } },
});

async function replaceRoute(house: House, change: (spec: Record<string, unknown>) => void): Promise<void> {
  const live = await house.alice.get(virtualServices, ref);
  const spec = structuredClone(live["spec"]) as Record<string, unknown>;
  change(spec);
  await house.alice.replace(virtualServices, { ...live, spec }, { fieldManager: "kubectl-replace" });
}

describe("in the middle of a step", () => {
  test.each<[Phase, Phase, string]>([
    ["Shifting", "RolledBack", "v1"],
    ["Observing", "RolledBack", "v1"],
    ["Waiting", "RolledBack", "v1"],
    ["Keeping", "Promoted", "v2"],
  ])(
    "a VirtualService deleted and made again, in %s: the run ends %s, with a word about it, and theirs is kept",
    async (phase, end, served) => {
      const house = await houseIn(phase);
      const before = asInGit(house.object(route) as KubeObject);
      before["spec"] = {
        hosts: ["checkout"],
        http: [{ name: "main", route: [{ destination: { host: "checkout" } }], timeout: "9s" }],
      };
      await house.alice.delete(virtualServices, ref);
      await house.alice.create(virtualServices, before);
      const fromMs = house.clock.now();
      expect(await house.untilEnd(1)).toBe(end);
      await house.clock.advance(3_000);
      expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
      expect(await servedNow(house)).toEqual([served]);
      // In plain form the Service's own pods meet users while they roll: to the version that this run has vetted by then.
      if (end === "RolledBack") expect(house.unvetted()).toEqual([]);
      expect(house.object(route)?.["spec"]).toEqual(before["spec"]);
      if (end === "RolledBack") {
        expect(house.run()?.status.end).toMatchObject({
          reason: "RouteMissing",
          message: expect.stringMatching(
            /VirtualService shop\/checkout (does not exist|was deleted and made anew)/,
          ) as unknown,
        });
      }
      await house.term.stop();
    },
  );

  test.each<Phase>(["Shifting", "Observing", "Keeping"])(
    "a VirtualService replaced with other fields, in %s, keeps them; the run goes on",
    async (phase) => {
      const house = await houseIn(phase);
      await replaceRoute(house, (spec) => {
        const [main] = spec["http"] as Record<string, unknown>[];
        spec["http"] = [
          { name: "health", match: [{ uri: { exact: "/healthz" } }], directResponse: { status: 200 } },
          { ...main, timeout: "9s" },
        ];
        spec["gateways"] = ["mesh", "edge/public"];
      });
      await untilPromoted(house);
      await house.clock.advance(1_000);
      expect(house.object(route)?.["spec"]).toEqual({
        hosts: ["checkout"],
        gateways: ["mesh", "edge/public"],
        http: [
          { name: "health", match: [{ uri: { exact: "/healthz" } }], directResponse: { status: 200 } },
          { name: "main", route: [{ destination: { host: "checkout" } }], timeout: "9s" },
        ],
      });
      expect(house.sim.users.summary().failed).toBe(0);
      expect(house.unvetted()).toEqual([]);
      await house.term.stop();
    },
  );

  test.each<Phase>(["Shifting", "Observing", "Keeping", "Converging"])(
    "a DestinationRule deleted and made again with fields of its user's, in %s: our subsets come back, the fields stay",
    async (phase) => {
      const house = await houseIn(phase);
      await house.alice.delete(destinationRules, ref);
      await house.alice.create(destinationRules, plainRule());
      const fromMs = house.clock.now();
      await untilPromoted(house);
      await house.clock.advance(1_000);
      // What cannot be prevented: until the next pass the subsets are unknown to the mesh.
      expect(house.sim.users.summary({ fromMs: fromMs + 1_000 }).failed).toBe(0);
      expect(asInGit(house.object(rule) as KubeObject)).toEqual(plainRule());
      expect(house.unvetted()).toEqual([]);
      await house.term.stop();
    },
  );

  test.each<Phase>(["Shifting", "Observing", "Keeping"])(
    "a DestinationRule replaced by the file in Git, in %s: labels are put right at once, what else it says stays",
    async (phase) => {
      const house = await houseIn(phase, { form: "split" });
      const live = await house.alice.get(destinationRules, ref);
      const inGit = {
        host: "checkout",
        trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" }, loadBalancer: { simple: "RANDOM" } },
        subsets: [
          { name: "stable", labels: { app: "checkout" } },
          { name: "canary", labels: { app: "checkout" }, trafficPolicy: { loadBalancer: { simple: "RANDOM" } } },
        ],
      };
      await house.alice.replace(destinationRules, { ...live, spec: inGit }, { fieldManager: "kubectl-replace" });
      const replacedMs = house.clock.now();
      await house.clock.advance(1_000);
      expect(JSON.stringify(house.object(rule)?.["spec"])).toContain("sluice.dev/run");
      await untilPromoted(house);
      await house.clock.advance(1_000);
      expect(house.sim.users.summary({ fromMs: replacedMs }).failed).toBe(0);
      expect(house.object(rule)?.["spec"]).toEqual(inGit);
      await house.term.stop();
    },
  );
});

test("rule and route deleted and put back without subsets, at rest on a twin, are split again once every proxy knows the rule", async () => {
  const house = await houseIn("Converging", { hold: "none" });
  await house.ship("v3-errors50");
  expect(await house.untilEnd(2)).toBe("RolledBack");
  await house.clock.advance(5_000);
  house.sim.mesh.setPropagation({ routesMs: 50, rulesMs: 800 });
  const inGit = asInGit(house.object(route) as KubeObject);
  inGit["spec"] = { hosts: ["checkout"], http: [{ name: "main", route: [{ destination: { host: "checkout" } }] }] };
  const fromMs = house.clock.now();
  await house.alice.delete(virtualServices, ref);
  await house.alice.delete(destinationRules, ref);
  await house.clock.advance(3_000);
  await house.alice.create(virtualServices, inGit);
  await house.clock.advance(10_000);
  expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
  expect(await servedNow(house)).toEqual(["v2"]);
  await house.term.stop();
});
