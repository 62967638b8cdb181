import { parse } from "node-cron";
import type { Parsed } from "./units.ts";

/** A cron expression read: when a window starts, by the clock on the wall of its time zone. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: readonly number[];
  /** Days of the month; `L` is the last one. Undefined: the field lets every day through. */
  readonly days: readonly (number | string)[] | undefined;
  /** Days of the week, 0 is Sunday; `5L` is the last Friday of a month, `1#2` the second Monday. Undefined: as above. */
  readonly weekdays: readonly (number | string)[] | undefined;
}

/** The most characters that an expression may have. */
export const CRON_LENGTH = 100;
const ALIASES = "@(yearly|annually|monthly|weekly|daily|midnight|hourly)";
/** The shape of an expression, as far as a CRD can say it: five fields, or a word for them. */
export const CRON_PATTERN = `^(${ALIASES}|[^ @]+( +[^ ]+){4})$`;

const EXPECTED =
  'expected five fields, minute hour day-of-month month day-of-week, such as "0 9 * * 1-5", or @daily and the like';

/** Reads `0 9 * * 1-5`. What can never come about, such as the 31st of February, is refused. */
export function parseCron(text: unknown): Parsed<Cron> {
  const refused = (why: string): Parsed<Cron> => ({
    ok: false,
    message: `${EXPECTED}; got ${JSON.stringify(text)}${why}`,
  });
  if (typeof text !== "string" || text.length > CRON_LENGTH) return refused("");
  const count = text.trim().split(/ +/).length;
  if (!new RegExp(CRON_PATTERN).test(text)) return refused(count === 6 ? " (seconds are not a field here)" : "");
  try {
    const { minute, hour, dayOfMonth, month, dayOfWeek } = parse(text);
    const nearest = dayOfMonth.find((day) => typeof day === "string" && /w/i.test(day));
    if (nearest !== undefined) return refused(` (${nearest}, the nearest weekday, is not known here)`);
    const days = dayOfMonth.length >= 31 ? undefined : dayOfMonth;
    const weekdays = new Set(dayOfWeek).size >= 7 ? undefined : dayOfWeek;
    const value: Cron = { minutes: minute, hours: hour, months: month, days, weekdays };
    return comesAbout(value) ? { ok: true, value } : refused(" (no such day comes in any year)");
  } catch (error) {
    return refused(` (${(error as Error).message})`);
  }
}

/** For values that a schema has accepted already. Throws on anything else: that is a bug in the caller. */
export function cronOf(text: string): Cron {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new TypeError(parsed.message);
  return parsed.value;
}

/**
 * Whether a day, numbered from 1970-01-01 in the zone's own calendar, is one on which the window starts. Where both the day of the month
 * and the day of the week are restricted either will do, as in every other cron that people bring their windows from.
 */
export function isDayOf({ days, weekdays, months }: Cron, day: number): boolean {
  const date = new Date(day * 86_400_000);
  const month = date.getUTCMonth() + 1;
  if (!months.includes(month)) return false;
  const last = new Date(Date.UTC(date.getUTCFullYear(), month, 0)).getUTCDate();
  const ofMonth = days?.some((value) => isDayOfMonth(value, date.getUTCDate(), last));
  const ofWeek = weekdays?.some((value) => isWeekday(value, date.getUTCDay(), date.getUTCDate(), last));
  if (ofMonth === undefined) return ofWeek ?? true;
  return ofMonth || ofWeek === true;
}

function isDayOfMonth(value: number | string, dayOfMonth: number, last: number): boolean {
  return typeof value === "number" ? value === dayOfMonth : value.toUpperCase() === "L" && dayOfMonth === last;
}

function isWeekday(value: number | string, weekday: number, dayOfMonth: number, last: number): boolean {
  if (typeof value === "number") return value === weekday;
  if (Number(value[0]) % 7 !== weekday) return false;
  if (value.toUpperCase().endsWith("L")) return dayOfMonth + 7 > last;
  return Math.ceil(dayOfMonth / 7) === Number(value.slice(2));
}

/** The 29th of February is at most eight years away (1896 to 1904, 2096 to 2104). */
export const LONGEST_GAP_DAYS = 8 * 366 + 1;

function comesAbout(cron: Cron): boolean {
  // A leap year has every day that there is.
  const leap = Date.UTC(2024, 0, 1) / 86_400_000;
  if (cron.weekdays !== undefined) return true;
  return Array.from({ length: 366 }, (_, index) => leap + index).some((day) => isDayOf(cron, day));
}
