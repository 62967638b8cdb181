import { describe, expect, test } from "vitest";
import { isDayOf, parseCron } from "./cron.ts";
import { parseTimeZone, windowsSchema } from "./windows.ts";

const day = (date: string) => Date.parse(date) / 86_400_000;

function isOn(schedule: string, date: string): boolean {
  const parsed = parseCron(schedule);
  if (!parsed.ok) throw new Error(parsed.message);
  return isDayOf(parsed.value, day(date));
}

describe("a schedule", () => {
  test.each([
    "0 9 * * 1-5",
    "*/15 0-6 * jan-mar mon,WED",
    "@daily",
    "0 0 L * *",
    "0 0 * * 5L",
    "0 0 * * 1#2",
    "0 0 29 2 *",
  ])("%s is read", (schedule) => expect(parseCron(schedule)).toMatchObject({ ok: true }));

  test.each([
    ["0 9 * *", /five fields.*got "0 9 \* \*"/],
    ["* 0 9 * * 1", /seconds are not a field/],
    ["60 * * * *", /60.*minute/],
    ["0 0 31 2 *", /impossible day|no such day/],
    ["0 0 30 2 *", /impossible day|no such day/],
    ["0 0 15W * *", /nearest weekday/],
    ["@reboot", /five fields/],
    ["", /five fields/],
    [900, /five fields.*got 900/],
  ])("%s is refused with what was expected", (schedule, says) => {
    const parsed = parseCron(schedule);
    expect(parsed).toMatchObject({ ok: false, message: expect.stringMatching(says) });
  });

  test("with days of the month and of the week takes either, as cron does everywhere else", () => {
    expect(isOn("0 0 1 * 1", "2026-11-01")).toBe(true); // a Sunday
    expect(isOn("0 0 1 * 1", "2026-11-02")).toBe(true); // a Monday
    expect(isOn("0 0 1 * 1", "2026-11-03")).toBe(false);
    expect(isOn("0 0 1 * *", "2026-11-02")).toBe(false);
    expect(isOn("0 0 * * 1", "2026-11-01")).toBe(false);
  });

  test("knows the ends of months, leap days, and the weeks of a month", () => {
    expect(["2026-01-31", "2026-02-28", "2026-04-30", "2028-02-29"].every((date) => isOn("0 0 L * *", date))).toBe(
      true,
    );
    expect(isOn("0 0 L * *", "2028-02-28")).toBe(false);
    expect(isOn("0 0 31 * *", "2026-04-30")).toBe(false);
    expect([isOn("0 0 29 2 *", "2028-02-29"), isOn("0 0 29 2 *", "2027-03-01")]).toEqual([true, false]);
    expect([isOn("0 0 * * 5L", "2026-11-27"), isOn("0 0 * * 5L", "2026-11-20")]).toEqual([true, false]);
    expect([isOn("0 0 * * 1#2", "2026-11-09"), isOn("0 0 * * 1#2", "2026-11-02")]).toEqual([true, false]);
  });
});

test.each([
  ["Europe/Berlin", true],
  ["America/Argentina/Buenos_Aires", true],
  ["UTC", true],
  ["Etc/GMT+5", true],
  ["Europe/Berlln", false],
  ["+02:00", false],
  ["", false],
])("the time zone %s: %s", (zone, ok) => expect(parseTimeZone(zone).ok).toBe(ok));

test("a window names what is wrong with it", () => {
  const bad = { name: "a", kind: "deny", schedule: "0 25 * * *", duration: "9000h", timeZone: "Mars/Base" };
  const issues = windowsSchema.safeParse([bad]).error?.issues ?? [];
  expect(issues.map(({ path }) => path.join("."))).toEqual(["0.kind", "0.schedule", "0.duration", "0.timeZone"]);
  expect(issues.map(({ message }) => message).join()).toMatch(/at most 8784h, got "9000h".*IANA.*got "Mars\/Base"/);
});
