import type { Phase } from "../../../src/api/phase.ts";
import { type House, openKeptHouse } from "../../../src/controller/fixture.test-helper.ts";
import { rollouts } from "../../../src/controller/resources.ts";
import { ref } from "../../../src/controller/fixture.test-helper.ts";
import { type Moment, watchPhases, type Watched } from "./seen.ts";

interface Way {
  tag: string;
  /** From when the run is there to its end. */
  go(house: House, watched: Watched): Promise<void>;
}

const isIn = (house: House, phase: Phase) => () => house.phase(1) === phase;

/** Runs that come through every phase, each on a house of its own. */
const WAYS: readonly Way[] = [
  {
    tag: "v2",
    async go(house, { until }) {
      await until("it waits", isIn(house, "Waiting"));
      await until("it waits for the approval", () => house.phase() === "Waiting" && house.run()?.status.step === 1);
      await until("that is told", () => house.rolloutStatus().message.includes("approval"));
      await house.command("approve", "first");
      await until("it is promoted", isIn(house, "Promoted"));
      await until("that is told", () => house.rolloutStatus().phase === "Healthy");
    },
  },
  {
    tag: "v2-errors50",
    go: (house, { until }) => until("it is told", () => house.rolloutStatus().phase === "RolledBack"),
  },
  {
    tag: "v2",
    async go(house, { until }) {
      await until("it is observed", isIn(house, "Observing"));
      await house.command("pause");
      await until("it is told", () => house.rolloutStatus().phase === "Paused");
      await house.command("abort");
      await until("it is told", () => house.phase() === "Aborted" && house.rolloutStatus().phase === "RolledBack");
    },
  },
  {
    tag: "v2",
    async go(house, { until }) {
      await until("the old pods are kept", isIn(house, "Keeping"));
      await house.command("undo");
      await until("it is undone", isIn(house, "Aborted"));
    },
  },
  {
    tag: "v2",
    async go(house, { until }) {
      await until("the old pods are kept", isIn(house, "Keeping"));
      await house.alice.delete(rollouts, ref);
      await until("it is released", () => house.object("rollouts.sluice.dev") === undefined);
    },
  },
  {
    tag: "v2",
    async go(house, { until }) {
      await until("it is observed", isIn(house, "Observing"));
      await house.ship("v1");
      await until("it is told", () => house.phase() === "Superseded" && house.rolloutStatus().phase === "Healthy");
    },
  },
];

/** What stood there in every phase, from the first way that leads through it. */
export async function everyPhase(hold: "policy" | "none"): Promise<Map<Phase, Moment>> {
  const all = new Map<Phase, Moment>();
  for (const way of WAYS) {
    const waits = way === WAYS[0] ? { steps: [{ name: "first", weight: 10, observe: "3s", approval: {} }] } : {};
    const house = await openKeptHouse({ hold, spec: waits });
    const watched = watchPhases(house);
    await house.ship(way.tag);
    await way.go(house, watched);
    await house.term.stop();
    house.sim.stop();
    for (const [phase, moment] of watched.seen) if (!all.has(phase)) all.set(phase, moment);
  }
  return all;
}
