import { cronOf, isDayOf, LONGEST_GAP_DAYS } from "../api/cron.ts";
import { perObject } from "../api/per-object.ts";
import type { PlannedWindow } from "../api/plan.ts";
import { DAY_MS, momentsOf, wallMs } from "./zone.ts";

export type Timed = Pick<PlannedWindow, "schedule" | "timeZone" | "durationMs">;

const MOST_DAYS_KEPT = 64;

/** The starts of a window on a day of its zone's calendar, in order. A few days are kept: one look asks for the same ones again and again. */
const startsOf = perObject((window: Timed): ((day: number) => readonly number[]) => {
  const cron = cronOf(window.schedule);
  const minutes = cron.hours.flatMap((hour) => cron.minutes.map((minute) => hour * 60 + minute));
  minutes.sort((a, b) => a - b);
  const kept = new Map<number, readonly number[]>();
  return (day) => {
    if (!isDayOf(cron, day)) return [];
    const known = kept.get(day);
    if (known !== undefined) return known;
    if (kept.size >= MOST_DAYS_KEPT) kept.clear();
    const starts = momentsOf(window.timeZone, day, minutes);
    kept.set(day, starts);
    return starts;
  };
});

/** The day on the zone's calendar, counted from 1970-01-01. */
function dayAt(window: Timed, atMs: number): number {
  return Math.floor(wallMs(window.timeZone, atMs) / DAY_MS);
}

/** The newest start at or before `atMs`, if it is less than `backMs` before it: of one older than the window is long nothing is left. Milliseconds. */
export function lastStart(window: Timed, atMs: number, backMs = window.durationMs): number | undefined {
  const oldest = dayAt(window, atMs - backMs) - 1;
  const startsOn = startsOf(window);
  const newestOn = (day: number) => startsOn(day).findLast((start) => start <= atMs) ?? Number.NEGATIVE_INFINITY;
  // A clock that is set back over midnight shows a day again: its neighbour may have the newer start.
  for (let day = dayAt(window, atMs) + 1; day >= oldest; day -= 1) {
    const newest = Math.max(newestOn(day - 1), newestOn(day));
    if (newest > Number.NEGATIVE_INFINITY) return newest > atMs - backMs ? newest : undefined;
  }
  return undefined;
}

/** The first start after `afterMs`; undefined when there is none in the years to come. Milliseconds. */
export function nextStart(window: Timed, afterMs: number): number | undefined {
  const today = dayAt(window, afterMs);
  const startsOn = startsOf(window);
  const firstOn = (day: number) => startsOn(day).find((start) => start > afterMs) ?? Number.POSITIVE_INFINITY;
  for (let day = today - 1; day <= today + LONGEST_GAP_DAYS; day += 1) {
    const first = Math.min(firstOn(day), firstOn(day + 1));
    if (first < Number.POSITIVE_INFINITY) return first;
  }
  return undefined;
}

const MOST_IN_A_ROW = 120;

/** Until when the window is open without a break, when it is open at `atMs`; Infinity when that has no end in sight. Milliseconds. */
export function openUntil(window: Timed, atMs: number): number | undefined {
  const start = lastStart(window, atMs);
  if (start === undefined) return undefined;
  let end = start + window.durationMs;
  for (let count = 0; count < MOST_IN_A_ROW; count += 1) {
    const next = lastStart(window, end);
    if (next === undefined || next + window.durationMs <= end) return end;
    end = next + window.durationMs;
  }
  return Number.POSITIVE_INFINITY;
}
