import { systemClock } from "../../src/clock.ts";
import { configMaps, namespaces } from "../../src/kube/resources.ts";
import { seededRandom } from "../../src/sim/random.ts";
import { createSim } from "../../src/sim/sim.ts";
import { kubeApiContract } from "./kube-api-contract.ts";

kubeApiContract("the simulator", async () => {
  const sim = createSim({ clock: systemClock, random: seededRandom(1), reactionMs: 1 });
  const api = sim.as("user:admin");
  const namespace = "kube-api-contract";
  await api.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  sim.store.compact();
  return {
    api,
    namespace,
    tooOld: { resource: configMaps, resourceVersion: "1" },
    async close() {
      sim.stop();
    },
  };
});
