import { describe, expect, test } from "vitest";
import { ApiError } from "../kube/errors.ts";
import { horizontalPodAutoscalers } from "../kube/resources.ts";
import type { Call } from "../sim/api.ts";
import { autoscaler, floorOf } from "./autoscaler.test-helper.ts";
import { isSluice, openKeptHouse, ref, type House } from "./fixture.test-helper.ts";
import { rollouts } from "./resources.ts";
import { servedNow, type KeptHouse } from "./states.test-helper.ts";

/** The candidate's pods are gone by then, where its users are taken away as soon as there is a controller again. */
const LATE_MS = 4_000;
const ROUTES = "virtualservices.networking.istio.io";
const RULES = "destinationrules.networking.istio.io";

interface LateWrite {
  what: string;
  phase: string;
  verb: Call["verb"];
  resource: string;
}

const WRITES: readonly LateWrite[] = [
  { what: "narrows the stable subset", phase: "Fencing", verb: "create", resource: RULES },
  { what: "splits the route", phase: "Fencing", verb: "patch", resource: ROUTES },
  { what: "raises the floor", phase: "Fencing", verb: "patch", resource: "horizontalpodautoscalers.autoscaling" },
  { what: "makes the twin", phase: "Scaling", verb: "create", resource: "deployments.apps" },
  { what: "gives the candidate users", phase: "Shifting", verb: "patch", resource: ROUTES },
  { what: "turns stable to the candidate", phase: "SwappingLabels", verb: "patch", resource: RULES },
  { what: "brings users to stable", phase: "SwappingWeight", verb: "patch", resource: ROUTES },
  { what: "opens the hold", phase: "Converging", verb: "patch", resource: "deployments.apps" },
  { what: "widens both subsets", phase: "Joining", verb: "patch", resource: RULES },
];

const MEANWHILE: Record<string, (house: House) => Promise<unknown>> = {
  "nothing is done": async () => {},
  "the run is aborted": (house) => house.command("abort"),
  "a newer template comes": (house) => house.ship("v3"),
  "the Rollout is deleted": (house) => house.alice.delete(rollouts, ref),
};

/** Kills the controller with this write under way: the API server carries it out later. Gives whether it has come to that. */
function killWithWriteUnderWay(house: KeptHouse, { phase, verb, resource }: LateWrite): () => boolean {
  let isKilled = false;
  house.sim.setFault((call) => {
    if (isKilled || !isSluice(call) || call.verb !== verb || call.resource !== resource) return undefined;
    if (house.phase() !== phase) return undefined;
    isKilled = true;
    house.term.crash();
    return { error: new ApiError(0, "Network", "the process was killed"), afterwards: true, delayMs: LATE_MS };
  });
  return () => isKilled;
}

describe("a write that the API server carries out when its sender is dead", () => {
  test.each(WRITES.flatMap((write) => Object.keys(MEANWHILE).map((meanwhile) => ({ ...write, meanwhile }))))(
    "$what, while $meanwhile: no user fails, and nothing of it is left",
    async ({ meanwhile, ...write }) => {
      const house = await openKeptHouse({ furnish: (alice) => alice.create(horizontalPodAutoscalers, autoscaler(2)) });
      const routing = [house.object(ROUTES)?.["spec"], house.object(RULES)?.["spec"]];
      const isKilled = killWithWriteUnderWay(house, write);
      await house.ship("v2");
      await house.until("the write is under way", isKilled);
      await MEANWHILE[meanwhile]?.(house);
      await house.clock.advance(300);
      house.term = await house.start("second");
      await house.clock.advance(90_000);
      expect(house.sim.users.summary().failed).toBe(0);
      expect(house.unvetted()).toEqual([]);
      expect([house.object(ROUTES)?.["spec"], house.object(RULES)?.["spec"]]).toEqual(routing);
      expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
      expect(floorOf(house)).toBe(2);
      expect(await servedNow(house)).toHaveLength(1);
      await house.term.stop();
    },
  );
});
