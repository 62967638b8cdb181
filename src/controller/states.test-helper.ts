import type { Phase } from "../api/phase.ts";
import { openKeptHouse, type House, type HouseOptions, type Term } from "./fixture.test-helper.ts";

export type KeptHouse = House & { term: Term };

const GOING_BACK: readonly Phase[] = ["Withdrawing", "Draining", "RolledBack"];

/** A house whose run has just come to `phase`: of a good version v2, or of a bad one where users are on their way back. */
export async function houseIn(phase: Phase, options: HouseOptions = {}): Promise<KeptHouse> {
  const waits = { steps: [{ name: "first", weight: 10, observe: "3s", approval: {} }] };
  const house = await openKeptHouse(phase === "Waiting" ? { spec: waits, ...options } : options);
  await shipInto(house, phase);
  return house;
}

/** Ships v2 and goes on until its run is in `phase`. */
export async function shipInto(house: House, phase: Phase): Promise<void> {
  await house.ship(tagFor(phase));
  const ordinal = (house.run()?.spec.ordinal ?? 0) + 1;
  if (phase === "Paused") {
    await house.untilPhase("Observing", ordinal);
    await house.command("pause");
  }
  if (phase === "Undoing") {
    await house.untilPhase("Keeping", ordinal);
    await house.command("undo");
  }
  await house.untilPhase(phase, ordinal);
}

export function tagFor(phase: Phase): string {
  return GOING_BACK.includes(phase) ? "v2-errors50" : "v2";
}

/** Until the newest run is promoted and its twin is gone; a gate on the way is opened. */
export async function untilPromoted(house: House): Promise<void> {
  const waits = () => house.phase() === "Waiting";
  const isOver = () =>
    house.rolloutStatus().phase === "Healthy" &&
    house.phase() === "Promoted" &&
    house.object("deployments.apps", house.run()?.name) === undefined;
  await house.until("the newest run waits or is promoted", () => waits() || isOver());
  if (!waits()) return;
  await house.command("approve", "first");
  await house.until("the newest run is promoted", isOver);
}

/** The versions that answer users within the next second. */
export async function servedNow(house: House): Promise<string[]> {
  const nowMs = house.clock.now();
  await house.clock.advance(1_000);
  return house.versionsSince(nowMs);
}
