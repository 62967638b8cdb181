import fc from "fast-check";
import { createTask, parse } from "node-cron";
import { describe, expect, test } from "vitest";
import { parseCron } from "../api/cron.ts";
import type { PlannedWindow } from "../api/run.ts";
import { lastStart } from "./window-starts.ts";
import { openingAfter, windowsAt } from "./windows.ts";

const MINUTE = 60_000;
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu"];

const one = (least: number, most: number) => fc.integer({ min: least, max: most }).map(String);
const list = (least: number, most: number) =>
  fc
    .uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 3 })
    .map((values) => values.join(","));
const any = fc.constant("*");
// Of the day of the month and the day of the week only one: there node-cron asks for both, and cron for either.
const days = fc.oneof(
  fc.tuple(any, list(0, 6)),
  fc.tuple(fc.oneof(list(1, 28), fc.constant("L")), any),
  fc.tuple(any, any),
);
const schedule = fc
  .tuple(fc.oneof(one(0, 59), fc.constant("*/20"), list(0, 59)), fc.oneof(one(0, 23), list(0, 4), any), days)
  .map(([minute, hour, [day, weekday]]) => `${minute} ${hour} ${day} * ${weekday}`)
  .filter((text) => parseCron(text).ok);
const window = fc.record({
  name: fc.constant("w"),
  kind: fc.constantFrom("Allow" as const, "Deny" as const),
  schedule,
  durationMs: fc.integer({ min: 1, max: 26 * 60 }).map((minutes) => minutes * MINUTE),
  timeZone: fc.constantFrom(...ZONES),
  overrun: fc.constantFrom("Finish" as const, "Hold" as const, "Rollback" as const),
  from: fc.constantFrom("Rollout", "ClusterRolloutPolicy/all"),
});
// Around the changes of the clocks in 2026, and at any other time.
const moment = fc.oneof(
  ...[
    "2026-03-29T01:00Z",
    "2026-10-25T01:00Z",
    "2026-03-08T07:00Z",
    "2026-11-01T06:00Z",
    "2026-10-03T15:30Z",
    "2026-09-06T04:00Z",
  ].map((change) => fc.integer({ min: -2000, max: 2000 }).map((minutes) => Date.parse(change) + minutes * MINUTE)),
  fc.integer({ min: 0, max: 525_600 }).map((minutes) => Date.parse("2027-01-01T00:00Z") + minutes * MINUTE),
);

const SCAN_MINUTES = 2 * 24 * 60;

/** Every minute from `fromMs` on at which the schedule fires, by its fields alone; one that the clock skips counts at the change. */
function startsByMinute({ schedule: text, timeZone }: PlannedWindow, fromMs: number, minutes: number): boolean[] {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = parse(text);
  const format = new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "short" });
  const shown = (atMs: number) => Date.parse(`${format.format(atMs).replace(" ", "T")}:00Z`);
  const fires = (wallMs: number) => {
    const wall = new Date(wallMs);
    if (!minute.includes(wall.getUTCMinutes()) || !hour.includes(wall.getUTCHours())) return false;
    const isLast = new Date(wallMs + 24 * 60 * MINUTE).getUTCDate() === 1;
    const isDay = dayOfMonth.includes(wall.getUTCDate()) || (isLast && dayOfMonth.includes("L"));
    return isDay && month.includes(wall.getUTCMonth() + 1) && dayOfWeek.includes(wall.getUTCDay());
  };
  let before = shown(fromMs - MINUTE);
  return Array.from({ length: minutes }, (_, index) => {
    const now = shown(fromMs + index * MINUTE);
    let started = fires(now);
    for (let skipped = before + MINUTE; skipped < now; skipped += MINUTE) started ||= fires(skipped);
    before = now;
    return started;
  });
}

/** Minute by minute: open while a start is less than the duration ago. */
function openByMinute(planned: PlannedWindow, fromMs: number): boolean[] {
  const back = planned.durationMs / MINUTE;
  const starts = startsByMinute(planned, fromMs - back * MINUTE, back + SCAN_MINUTES);
  let last = Number.NEGATIVE_INFINITY;
  return starts
    .map((fires, index) => {
      if (fires) last = index;
      return index - last < back;
    })
    .slice(back);
}

describe("windows", () => {
  test("are open in the very minutes that a scan of all minutes finds, and open next when it says", () => {
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 3 }), moment, (windows, fromMs) => {
        const open = windows.map((planned) => openByMinute(planned, fromMs));
        const isFree = (minute: number) => {
          const isOpen = (index: number) => open[index]?.[minute] === true;
          if (windows.some(({ kind }, index) => kind === "Deny" && isOpen(index))) return false;
          const indices = windows.map((_, index) => index);
          return [...Map.groupBy(indices, (index) => windows[index]?.from).values()].every((set) => {
            const allowing = set.filter((index) => windows[index]?.kind === "Allow");
            return allowing.length === 0 || allowing.some(isOpen);
          });
        };
        for (let minute = 0; minute < SCAN_MINUTES; minute += 17) {
          const state = windowsAt(windows, fromMs + minute * MINUTE);
          expect(state.kind, new Date(fromMs + minute * MINUTE).toISOString()).toBe(isFree(minute) ? "open" : "closed");
        }
        const first = Array.from({ length: SCAN_MINUTES }, (_, minute) => minute).find(isFree);
        const opening = openingAfter(windows, fromMs) ?? Number.POSITIVE_INFINITY;
        if (first === undefined) expect(opening).toBeGreaterThanOrEqual(fromMs + SCAN_MINUTES * MINUTE);
        else expect(opening).toBe(fromMs + first * MINUTE);
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  test("start when node-cron says that they do", () => {
    const minutes = fc.integer({ min: 0, max: 525_600 });
    fc.assert(
      fc.property(window, fc.array(minutes, { minLength: 20, maxLength: 20 }), (planned, at) => {
        const task = createTask(planned.schedule, () => {}, { timezone: "UTC" });
        for (const minute of at) {
          const atMs = Date.parse("2028-01-01T00:00Z") + minute * MINUTE;
          expect(lastStart({ ...planned, timeZone: "UTC" }, atMs) === atMs).toBe(task.match(new Date(atMs)));
        }
        void task.destroy();
      }),
      { numRuns: 50 },
    );
  });
});
