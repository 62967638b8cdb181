/** Wall clocks: what a zone's clock shows at a moment, and at which moments it shows a time. From the zone data that comes with the runtime. */

export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(zone, made);
  return made;
}

/** What the zone's clock shows at `atMs`, as the milliseconds since the epoch at which a clock in UTC shows the same. */
export function wallMs(zone: string, atMs: number): number {
  if (zone === "UTC") return atMs;
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of formatOf(zone).formatToParts(atMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((atMs % 1000) + 1000) % 1000);
}

function offsetMs(zone: string, atMs: number): number {
  return wallMs(zone, atMs) - atMs;
}

/**
 * The moments at which the zone's clock shows each of these times of a day, in order. A time that a clock change skips stands for the
 * moment of the change; one that comes twice gives both moments. `day` counts from 1970-01-01, `minutes` from its midnight.
 */
export function momentsOf(zone: string, day: number, minutes: readonly number[]): number[] {
  const midnight = day * DAY_MS;
  const before = offsetMs(zone, midnight - DAY_MS);
  const after = offsetMs(zone, midnight + 2 * DAY_MS);
  if (before === after) return minutes.map((minute) => midnight + minute * MINUTE_MS - before);
  const moments = minutes.flatMap((minute) => {
    const wall = midnight + minute * MINUTE_MS;
    const shown = [wall - before, wall - after].filter((atMs) => wallMs(zone, atMs) === wall);
    return shown.length > 0 ? shown : [changeMs(zone, midnight, after)];
  });
  return [...new Set(moments)].toSorted((a, b) => a - b);
}

/** The minute in which the zone's clock went over to the offset `after`, within a day of `midnight` and the day that begins there. */
function changeMs(zone: string, midnight: number, after: number): number {
  let [earlier, later] = [midnight - DAY_MS, midnight + 2 * DAY_MS];
  while (later - earlier > MINUTE_MS) {
    const middle = earlier + Math.floor((later - earlier) / 2 / MINUTE_MS) * MINUTE_MS;
    if (offsetMs(zone, middle) === after) later = middle;
    else earlier = middle;
  }
  return later;
}

/** "Mon 30 Nov 2026 09:00 Europe/Berlin", for people. */
export function formatWall(zone: string, atMs: number): string {
  const [weekday, day, month, year, time] = new Date(wallMs(zone, atMs)).toUTCString().split(" ");
  return `${weekday?.replace(",", "")} ${day} ${month} ${year} ${time?.slice(0, 5)} ${zone}`;
}
