/** One parser each for the units that people write in our kinds. A bad value gets a sentence that says what was expected. */

export type Parsed<T> = { ok: true; value: T } | { ok: false; message: string };

/**
 * `90s`, `5m`, `1h30m`, `500ms`: each unit at most once, from hours down, at most six digits each. The CRDs say the same by this
 * very pattern, so it keeps to what RE2 knows (no lookahead); what it lets through, CEL's `duration()` reads as well.
 */
export const DURATION_PATTERN =
  "^([0-9]{1,6}h([0-9]{1,6}m)?([0-9]{1,6}s)?([0-9]{1,6}ms)?|[0-9]{1,6}m([0-9]{1,6}s)?([0-9]{1,6}ms)?|[0-9]{1,6}s([0-9]{1,6}ms)?|[0-9]{1,6}ms)$";
/** `2%`, `0.5%`, at most four decimals. */
export const RATE_PATTERN = "^(100(\\.0{1,4})?|[0-9]{1,2}(\\.[0-9]{1,4})?)%$";
/** As RATE_PATTERN, without what is 0. */
export const RATE_ABOVE_ZERO_PATTERN =
  "^(100(\\.0{1,4})?|(0?[1-9]|[1-9][0-9])(\\.[0-9]{1,4})?|0{1,2}\\.([1-9][0-9]{0,3}|0[1-9][0-9]{0,2}|00[1-9][0-9]?|000[1-9]))%$";

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Milliseconds of `90s`, `5m`, `1h30m`. */
export function parseDuration(text: unknown): Parsed<number> {
  if (typeof text === "number") {
    return {
      ok: false,
      message: `expected a duration with a unit, such as "${text}s" or "${text}m", got the bare number ${text}`,
    };
  }
  if (typeof text !== "string" || !new RegExp(DURATION_PATTERN).test(text)) {
    const hint = typeof text === "string" && /^\d+$/.test(text) ? ` (did you mean "${text}s"?)` : "";
    return {
      ok: false,
      message: `expected a duration such as "90s", "5m" or "1h30m", got ${JSON.stringify(text)}${hint}`,
    };
  }
  let totalMs = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|h|m|s)/g))
    totalMs += Number(count) * (UNIT_MS[unit ?? ""] ?? 0);
  return { ok: true, value: totalMs };
}

/** The shortest text that `parseDuration` reads back as `ms`. */
export function formatDuration(ms: number): string {
  let restMs = Math.max(0, Math.round(ms));
  let text = "";
  for (const unit of ["h", "m", "s", "ms"]) {
    const unitMs = UNIT_MS[unit] ?? 1;
    const count = Math.floor(restMs / unitMs);
    if (count > 0) text += `${count}${unit}`;
    restMs -= count * unitMs;
  }
  return text === "" ? "0s" : text;
}

/** The fraction (0..1) of a rate such as `2%`. */
export function parseRate(text: unknown): Parsed<number> {
  if (typeof text === "number") {
    return { ok: false, message: `expected a percentage in quotes, such as "${text}%", got the bare number ${text}` };
  }
  if (typeof text !== "string" || !new RegExp(RATE_PATTERN).test(text)) {
    return {
      ok: false,
      message: `expected a percentage from "0%" to "100%", such as "2%" or "0.5%", got ${JSON.stringify(text)}`,
    };
  }
  return { ok: true, value: Number(text.slice(0, -1)) / 100 };
}

/** Percent (0..100) of a weight: a whole number, or a rate such as `"0.5%"`. */
export function parseWeight(weight: unknown): Parsed<number> {
  if (typeof weight === "number") {
    return Number.isInteger(weight) && weight >= 0 && weight <= 100
      ? { ok: true, value: weight }
      : { ok: false, message: `expected a whole number from 0 to 100, or a percentage such as "0.5%", got ${weight}` };
  }
  const rate = parseRate(weight);
  if (rate.ok) return { ok: true, value: Number((rate.value * 100).toFixed(4)) };
  return {
    ok: false,
    message: `expected a whole number from 0 to 100, or a percentage such as "0.5%", got ${JSON.stringify(weight)}`,
  };
}

export function formatPercent(percent: number): string {
  return `${Number(percent.toFixed(4))}%`;
}

/** For values that a schema has accepted already. Throws on anything else: that is a bug in the caller. */
export function durationMs(text: string): number {
  return must(parseDuration(text));
}

export function rateFraction(text: string): number {
  return must(parseRate(text));
}

export function weightPercent(weight: number | string): number {
  return must(parseWeight(weight));
}

function must<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new TypeError(parsed.message);
  return parsed.value;
}
