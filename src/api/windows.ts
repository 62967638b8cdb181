import { z } from "zod";
import { CRON_LENGTH, CRON_PATTERN, parseCron } from "./cron.ts";
import { dnsLabelSchema, durationOfAtLeast, text, parsedBy } from "./fields.ts";
import { listMap } from "./rule.ts";
import type { Parsed } from "./units.ts";

export const WINDOW_KINDS = ["Allow", "Deny"] as const;
export const OVERRUNS = ["Finish", "Hold", "Rollback"] as const;
export type Overrun = (typeof OVERRUNS)[number];
export const windowKindSchema = z.enum(WINDOW_KINDS);
export const overrunSchema = z.enum(OVERRUNS);

const ZONE_PATTERN = "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$";
const ZONE_EXPECTED = 'expected a name of the IANA time zone database, such as "Europe/Berlin" or "UTC"';

/** The name of a time zone as it stands. */
export function parseTimeZone(name: unknown): Parsed<string> {
  const refused = { ok: false, message: `${ZONE_EXPECTED}; got ${JSON.stringify(name)}` } as const;
  if (typeof name !== "string" || !new RegExp(ZONE_PATTERN).test(name)) return refused;
  try {
    Intl.DateTimeFormat("en", { timeZone: name });
    return { ok: true, value: name };
  } catch {
    return refused;
  }
}

const scheduleSchema = text(parsedBy(parseCron), CRON_LENGTH, [
  {
    rule: `self.matches('${CRON_PATTERN}')`,
    message: 'expected five fields of cron, such as "0 9 * * 1-5", or @daily and the like',
  },
]);

const timeZoneSchema = text(parsedBy(parseTimeZone), 64, [
  { rule: `self.matches('${ZONE_PATTERN}')`, message: ZONE_EXPECTED },
]);

/** The longest that a window may be: a year. */
const LONGEST = "8784h";

export const windowSchema = z.strictObject({
  name: dnsLabelSchema.describe("Name of the window, unique in the list: what messages call it."),
  kind: windowKindSchema.describe(
    "`Allow`: users may be given to a new version only while such a window is open. `Deny`: not while this one is open, whatever else is.",
  ),
  schedule: scheduleSchema.describe(
    "When it opens, in cron's five fields (minute, hour, day of month, month, day of week), by the clock of `timeZone`. A time that a clock change skips counts at the change; one that comes twice counts twice.",
  ),
  duration: durationOfAtLeast("1m", LONGEST).describe(
    "How long it stays open, in real time, such as `8h`; at most a year.",
  ),
  timeZone: timeZoneSchema.default("UTC").describe("Name of the time zone in the IANA database."),
  overrun: overrunSchema
    .default("Hold")
    .describe(
      "What becomes of a run that gave users to the new version before this window stood in its way: `Hold` keeps the weight where it is until the next opening, `Finish` goes on to the end, `Rollback` takes the users back.",
    ),
});

export const windowsSchema = listMap(z.array(windowSchema).max(20), "name");
export type Window = z.output<typeof windowSchema>;
