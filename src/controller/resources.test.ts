import { expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { seededRandom } from "../sim/random.ts";
import { createSim } from "../sim/sim.ts";
import { discoverIstio } from "./resources.ts";

const discoverOn = async (istioVersions: readonly string[]) => {
  const sim = createSim({ clock: createManualClock(), random: seededRandom(1), istioVersions });
  const found = await discoverIstio(sim.as("sluice"));
  sim.stop();
  return found;
};

test("Istio's kinds are spoken in v1 where the cluster serves it, whatever it prefers", async () => {
  expect(await discoverOn(["v1beta1", "v1alpha3", "v1"])).toMatchObject({
    apiVersion: "networking.istio.io/v1",
    virtualServices: { version: "v1", plural: "virtualservices" },
    destinationRules: { version: "v1", plural: "destinationrules" },
  });
});

test("an Istio before 1.22 is spoken to in v1beta1", async () => {
  expect((await discoverOn(["v1alpha3", "v1beta1"]))?.apiVersion).toBe("networking.istio.io/v1beta1");
});

test("versions that are older than any that is spoken leave nothing to route with", async () => {
  expect(await discoverOn(["v1alpha3"])).toBeUndefined();
});
