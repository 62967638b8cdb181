import { appendFileSync } from "node:fs";
import type { RunStatus } from "../../src/api/run.ts";
import { EVENTS, type EventName } from "../../src/engine/event.ts";

/** What stands in the record of a run, and the state that it was in. */
export interface Met {
  readonly event: string;
  readonly state: string;
}

/** A file that takes a line of JSON for each event that a run of the lab's tests met: several processes add to it. */
export const MET_EVENTS_VARIABLE = "SLUICE_LAB_MET_EVENTS";

const noted = new Set<string>();

/** Adds what a run's record says to the file that the environment names, if it names one. */
export function noteMet(status: RunStatus | undefined): void {
  const file = process.env[MET_EVENTS_VARIABLE];
  if (file === undefined) return;
  for (const { event, from } of status?.transitions ?? []) {
    const line = JSON.stringify({ event, state: from } satisfies Met);
    if (!noted.has(line)) appendFileSync(file, `${line}\n`);
    noted.add(line);
  }
}

export function readMet(lines: string): Met[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Met);
}

/** A line an event of the state table with the states in which a run has it in its record, and those that no run has. */
export function tellMet(met: readonly Met[]): { lines: string[]; missing: EventName[] } {
  const statesOf = (event: EventName) => new Set(met.filter((each) => each.event === event).map(({ state }) => state));
  const missing = EVENTS.filter((event) => statesOf(event).size === 0);
  const lines = EVENTS.map(
    (event) => `${event.padEnd(20)} ${[...statesOf(event)].toSorted().join(", ") || "in no state"}`,
  );
  return { lines, missing };
}
