import type { TransitionRecord } from "./run.ts";

/** What stands in a run's record though it moved nothing, so that people are told of it and can read it later. */
export const REMARKS = [
  "checksFailed",
  "commandRefused",
  "waitingForWindow",
  "routeContended",
  "holdBroken",
  "twinEdited",
] as const;
export type Remark = (typeof REMARKS)[number];

/** What a record remarks on; undefined for one of something that happened to the run itself. */
export function remarkOf({ from, to, event }: Pick<TransitionRecord, "from" | "to" | "event">): Remark | undefined {
  return from === to ? REMARKS.find((remark) => remark === event) : undefined;
}
