import { describe, expect, test } from "vitest";
import { LABEL_RUN } from "../api/metadata.ts";
import type { Phase } from "../api/phase.ts";
import { ApiError } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { deployments, horizontalPodAutoscalers } from "../kube/resources.ts";
import type { Call } from "../sim/api.ts";
import { autoscaler, floorOf } from "./autoscaler.test-helper.ts";
import {
  isSluice,
  NAMESPACE,
  openHouse,
  openKeptHouse,
  ref,
  rolloutObject,
  type House,
} from "./fixture.test-helper.ts";
import { rollouts } from "./resources.ts";
import { houseIn, servedNow, type KeptHouse } from "./states.test-helper.ts";

/** The candidate's pods are gone by then, where its users are taken away at once. */
const LATE_MS = 4_000;
const ROUTES = "virtualservices.networking.istio.io";
const RULES = "destinationrules.networking.istio.io";

interface LateWrite {
  what: string;
  /** Of the run, when it is sent; undefined before there is one. */
  phase: Phase | undefined;
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

const MEANWHILE = {
  "nothing is done": async () => {},
  "the run is aborted": (house: House) => house.command("abort"),
  "a newer template comes": (house: House) => house.ship("v3"),
  "the Rollout is deleted": (house: House) => house.alice.delete(rollouts, ref),
};

const CASES = WRITES.flatMap((write) =>
  (Object.keys(MEANWHILE) as (keyof typeof MEANWHILE)[]).map((meanwhile) => ({ ...write, meanwhile })),
);

/** This write gets no answer, and the API server carries it out later. Gives whether it has come to that. */
function lose(house: KeptHouse, { phase, verb, resource }: LateWrite, onLost: () => void): () => boolean {
  let isLost = false;
  house.sim.setFault((call) => {
    if (isLost || !isSluice(call) || call.verb !== verb || call.resource !== resource) return undefined;
    if (house.phase() !== phase) return undefined;
    isLost = true;
    onLost();
    return { error: new ApiError(0, "Network", "socket hang up"), laterMs: LATE_MS };
  });
  return () => isLost;
}

async function open(): Promise<{ house: KeptHouse; routing: unknown }> {
  const house = await openKeptHouse({ furnish: (alice) => alice.create(horizontalPodAutoscalers, autoscaler(2)) });
  return { house, routing: routingOf(house) };
}

const routingOf = (house: House): unknown => [ROUTES, RULES].map((kind) => house.object(kind)?.["spec"]);

async function expectNothingLeft(house: KeptHouse, routing: unknown): Promise<void> {
  await house.clock.advance(90_000);
  expect(house.sim.users.summary().failed).toBe(0);
  expect(house.unvetted()).toEqual([]);
  expect(routingOf(house)).toEqual(routing);
  expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
  expect(floorOf(house)).toBe(2);
  expect(await servedNow(house)).toHaveLength(1);
  await house.term.stop();
}

describe("a write that the API server carries out when its sender is dead", () => {
  test.each(CASES)(
    "$what, while $meanwhile: no user fails, and nothing of it is left",
    async ({ meanwhile, ...write }) => {
      const { house, routing } = await open();
      const isLost = lose(house, write, () => house.term.crash());
      await house.ship("v2");
      await house.until("the write is under way", isLost);
      await MEANWHILE[meanwhile](house);
      await house.clock.advance(300);
      house.term = await house.start("second");
      await expectNothingLeft(house, routing);
    },
  );
});

describe("a write that the API server carries out when its sender has lost the connection", () => {
  test.each(CASES)(
    "$what, while $meanwhile: no user fails, and nothing of it is left",
    async ({ meanwhile, ...write }) => {
      const { house, routing } = await open();
      await house.clock.advance(20_000);
      const isLost = lose(house, write, () => {});
      await house.ship("v2");
      await house.until("the write is under way", isLost);
      await MEANWHILE[meanwhile](house);
      await expectNothingLeft(house, routing);
    },
  );
});

test("a mark that is put on the Deployment late does not outlive its Rollout", async () => {
  const house = Object.assign(await openHouse(), { term: { crash: () => {}, stop: async () => {} } });
  const isLost = lose(
    house,
    { what: "marks it", phase: undefined, verb: "patch", resource: "deployments.apps" },
    () => {},
  );
  const leading = house.start();
  await house.until("the mark is under way", isLost);
  (await leading).crash();
  await house.alice.delete(rollouts, ref);
  await house.start("second");
  await house.clock.advance(30_000);
  expect(house.object("rollouts.sluice.dev")).toBeUndefined();
  expect(house.object("deployments.apps")?.metadata.annotations).not.toHaveProperty("sluice.dev/rollout");
});

test("a hold that is broken while a run waits for what may come late leads nobody to the version that was rolled back", async () => {
  const house = await houseIn("Draining", { hold: "none", shop: { replicas: 8 } });
  const isTwins = ({ metadata }: KubeObject) => metadata.labels?.[LABEL_RUN] !== undefined;
  await house.until("the twin's pods are gone", () => !house.sim.store.list("pods", NAMESPACE).some(isTwins));
  house.term.crash();
  house.sim.mesh.setPropagation({ routesMs: 50, rulesMs: 50, endpointsMs: 300 });
  await house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { paused: false } } });
  await house.clock.advance(1_100);
  const fromMs = house.clock.now();
  house.term = await house.start("second");
  expect(await house.untilEnd(1)).toBe("RolledBack");
  expect(house.versionsSince(fromMs)).toEqual(["v1"]);
  expect(house.sim.users.summary({ fromMs }).failed).toBe(0);
  await house.term.stop();
});

test("a Rollout whose writes get no answer for good holds back no other of its namespace", async () => {
  const house = await houseIn("Observing", { spec: { progressDeadline: "10m" } });
  await house.sim.createShop("cart", { replicas: 2 });
  await house.clock.advance(4_000);
  const traffic = { settle: "1s", istio: { virtualServices: [{ name: "cart" }] } };
  await house.alice.create(rollouts, rolloutObject({ workload: { name: "cart" }, traffic }, "cart"));
  const cart = () => house.sim.store.get("rollouts.sluice.dev", { namespace: NAMESPACE, name: "cart" });
  await house.until(
    "cart is protected",
    () => (cart()?.["status"] as { phase?: string } | undefined)?.phase === "Healthy",
  );
  house.sim.setFault((call) =>
    isSluice(call) && call.resource === ROUTES && call.verb === "patch" && call.name === "checkout"
      ? { error: new ApiError(500, "InternalError", "etcdserver: request timed out") }
      : undefined,
  );
  await house.command("abort");
  await house.clock.advance(20_000);
  await house.alice.delete(rollouts, { ...ref, name: "cart" });
  await house.until("cart is gone", () => cart() === undefined, 5_000);
  await house.term.stop();
});
