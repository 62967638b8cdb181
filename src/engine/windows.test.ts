import { describe, expect, test } from "vitest";
import type { PlannedWindow } from "../api/run.ts";
import { openingAfter, windowsAt } from "./windows.ts";
import { lastStart, nextStart, openUntil } from "./window-starts.ts";

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(text);
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16));

function window(schedule: string, hours: number, more: Partial<PlannedWindow> = {}): PlannedWindow {
  const name = more.kind === "Deny" ? "freeze" : "office";
  return {
    name,
    kind: "Allow",
    schedule,
    durationMs: hours * HOUR,
    timeZone: "Europe/Berlin",
    overrun: "Hold",
    from: "Rollout",
    ...more,
  };
}

const office = window("0 9 * * 1-5", 8);
const isOpen = (windows: PlannedWindow[], time: string) => windowsAt(windows, at(time)).kind === "open";

describe("an allow window", () => {
  test("is open from its start, and shut from its end on", () => {
    expect(isOpen([office], "2026-11-25T07:59:59.999Z")).toBe(false);
    expect(isOpen([office], "2026-11-25T08:00:00Z")).toBe(true);
    expect(isOpen([office], "2026-11-25T15:59:59.999Z")).toBe(true);
    expect(isOpen([office], "2026-11-25T16:00:00Z")).toBe(false);
  });

  test("says when it opens next, in words of its zone", () => {
    const state = windowsAt([office], at("2026-11-27T17:00:00Z"));
    expect(state).toMatchObject({ kind: "closed", overrun: "Hold", opensAtMs: at("2026-11-30T08:00:00Z") });
    expect(state.kind === "closed" && state.message).toBe(
      'outside the allow window office ("0 9 * * 1-5" for 8h, Europe/Berlin); opens 2026-11-30T08:00Z (Mon 30 Nov 2026 09:00 Europe/Berlin)',
    );
  });

  test("of several any will do; of several objects each must", () => {
    const night = window("0 22 * * *", 2, { name: "night" });
    expect(isOpen([office, night], "2026-11-25T21:30:00Z")).toBe(true);
    const cluster = { ...night, from: "ClusterRolloutPolicy/critical" };
    expect(isOpen([office, cluster], "2026-11-25T21:30:00Z")).toBe(false);
    expect(openingAfter([office, cluster], at("2026-11-25T21:30:00Z"))).toBeUndefined();
    const late = window("0 16 * * *", 2, { from: "ClusterRolloutPolicy/critical" });
    expect(iso(openingAfter([office, late], at("2026-11-27T21:30:00Z")))).toBe("2026-11-30T15:00");
  });

  test("goes over midnight and month ends", () => {
    const monthEnd = window("0 20 L * *", 10, { timeZone: "UTC" });
    expect(isOpen([monthEnd], "2026-12-01T05:59:00Z")).toBe(true);
    expect(isOpen([monthEnd], "2026-12-01T06:00:00Z")).toBe(false);
    expect(iso(nextStart(monthEnd, at("2028-02-01T00:00:00Z")))).toBe("2028-02-29T20:00");
  });

  test("of a leap day opens in leap years only, also past a century that has none", () => {
    const leap = window("0 0 29 2 *", 1, { timeZone: "UTC" });
    expect(iso(openingAfter([leap], at("2028-03-01T00:00:00Z")))).toBe("2032-02-29T00:00");
    expect(iso(openingAfter([leap], at("2096-03-01T00:00:00Z")))).toBe("2104-02-29T00:00");
  });
});

describe("a deny window", () => {
  const freeze = window("0 14 * * 5", 64, { kind: "Deny" });

  test("beats every allow window, and lets through outside of itself", () => {
    expect(isOpen([office, freeze], "2026-11-27T12:59:59Z")).toBe(true);
    expect(isOpen([office, freeze], "2026-11-27T13:00:00Z")).toBe(false);
    expect(isOpen([freeze], "2026-11-25T23:00:00Z")).toBe(true);
    expect(iso(openingAfter([office, freeze], at("2026-11-27T13:00:00Z")))).toBe("2026-11-30T08:00");
  });

  test("that begins again before it ends is shut without a gap", () => {
    const daily = window("0 0 * * 1-3", 30, { kind: "Deny", timeZone: "UTC" });
    expect(iso(openUntil(daily, at("2026-11-23T12:00:00Z")))).toBe("2026-11-26T06:00");
    const touching = window("0 0 * * 1-3", 24, { kind: "Deny", timeZone: "UTC" });
    expect(iso(openUntil(touching, at("2026-11-23T12:00:00Z")))).toBe("2026-11-26T00:00");
    const over = window("0 20 * * 4", 4, { kind: "Deny", timeZone: "UTC", name: "over" });
    expect(iso(openingAfter([daily, over], at("2026-11-26T05:00:00Z")))).toBe("2026-11-26T06:00");
  });

  test("without an end in sight says so, and what to do", () => {
    const always = window("* * * * *", 1, { kind: "Deny" });
    expect(windowsAt([always], at("2026-11-25T12:00:00Z"))).toMatchObject({
      opensAtMs: undefined,
      message: expect.stringMatching(/no opening is in sight: change the windows$/),
    });
  });
});

describe("when the clocks change", () => {
  // Berlin: 29 March 2026, 02:00 becomes 03:00; 25 October 2026, 03:00 becomes 02:00.
  const night = window("30 2 * * *", 1);

  test("a start that is skipped counts at the change", () => {
    expect(iso(nextStart(night, at("2026-03-28T12:00:00Z")))).toBe("2026-03-29T01:00");
    expect(isOpen([night], "2026-03-29T01:59:00Z")).toBe(true);
    expect(iso(nextStart(night, at("2026-03-29T01:00:00Z")))).toBe("2026-03-30T00:30");
  });

  test("a start that comes twice counts twice", () => {
    expect(iso(nextStart(night, at("2026-10-24T12:00:00Z")))).toBe("2026-10-25T00:30");
    expect(iso(nextStart(night, at("2026-10-25T00:30:00Z")))).toBe("2026-10-25T01:30");
    expect(iso(openUntil(night, at("2026-10-25T00:30:00Z")))).toBe("2026-10-25T02:30");
  });

  test("the wall clock rules the start, real time the length", () => {
    expect(iso(nextStart(office, at("2026-03-27T12:00:00Z")))).toBe("2026-03-30T07:00");
    const weekend = window("0 18 * * 6", 12);
    expect(iso(openUntil(weekend, at("2026-03-28T18:00:00Z")))).toBe("2026-03-29T05:00");
  });

  test("also where half an hour is skipped, the change is at midnight, or a whole day is left out", () => {
    const lordHowe = window("15 2 * * *", 1, { timeZone: "Australia/Lord_Howe" });
    expect(iso(nextStart(lordHowe, at("2026-10-03T00:00:00Z")))).toBe("2026-10-03T15:30");
    const santiago = window("0 0 * * *", 1, { timeZone: "America/Santiago" });
    expect(iso(nextStart(santiago, at("2026-09-05T12:00:00Z")))).toBe("2026-09-06T04:00");
    const apia = window("0 12 30 12 *", 1, { timeZone: "Pacific/Apia" });
    expect(iso(nextStart(apia, at("2011-12-01T00:00:00Z")))).toBe("2011-12-30T10:00");
  });
});

describe("overrun", () => {
  const state = (...windows: PlannedWindow[]) => windowsAt(windows, at("2026-11-27T17:00:00Z"));

  test("is the strictest of what is in the way", () => {
    const finish = window("0 14 * * 5", 64, { kind: "Deny", overrun: "Finish" });
    const back = window("0 16 * * 5", 9, { kind: "Deny", overrun: "Rollback", name: "back" });
    expect(state(finish)).toMatchObject({ overrun: "Finish" });
    expect(state(finish, back)).toMatchObject({ overrun: "Rollback" });
    expect(state(finish, office)).toMatchObject({ overrun: "Hold" });
  });

  test("of allow windows is that of the one that shut last", () => {
    const early = window("0 4 * * *", 1, { name: "early", overrun: "Rollback" });
    expect(state({ ...office, overrun: "Finish" }, early)).toMatchObject({ overrun: "Finish" });
    expect(state(early)).toMatchObject({ overrun: "Rollback" });
  });
});

test("a clock that jumps is followed at once, either way: nothing is remembered", () => {
  const times = ["2026-11-25T12:00:00Z", "2031-07-05T12:00:00Z", "2026-11-25T12:00:00Z", "1999-12-31T12:00:00Z"];
  expect(times.map((time) => isOpen([office], time))).toEqual([true, false, true, true]);
});

test("no windows let everything through, whenever it is", () => {
  expect(windowsAt([], at("2026-11-25T12:00:00Z"))).toEqual({ kind: "open" });
  expect(lastStart(office, at("2026-11-28T12:00:00Z"))).toBeUndefined();
});
