import { z } from "zod";
import type { CelRule } from "./rule.ts";
import {
  DURATION_PATTERN,
  durationMs,
  parseDuration,
  parseRate,
  parseWeight,
  RATE_ABOVE_ZERO_PATTERN,
  RATE_PATTERN,
  type Parsed,
} from "./units.ts";

/** The longest text that DURATION_PATTERN lets through; CEL's cost is bounded by it. */
const DURATION_LENGTH = 29;
const RATE_LENGTH = 9;

type Payload = z.core.ParsePayload<unknown>;

/** A check that lets `parse` judge the value, and says so when there is none. */
export function parsedBy<T>(parse: (value: unknown) => Parsed<T>, whenMissing?: string) {
  return (context: Payload) => {
    const parsed = parse(context.value);
    if (parsed.ok) return;
    const missing = whenMissing ?? `missing: ${parsed.message.replace(/, got undefined$/, "")}`;
    const message = context.value === undefined ? missing : parsed.message;
    context.issues.push({ code: "custom", input: context.value, message });
  };
}

/** The check of `parsedBy` for a schema whose values are text in the cluster as well. */
export function text(
  check: (context: Payload) => void,
  maxLength: number,
  rules: readonly CelRule[],
): z.ZodType<string> {
  const schema = z.unknown().check(check);
  return schema.meta({ type: "string", maxLength, "x-kubernetes-validations": rules }) as unknown as z.ZodType<string>;
}

/** Labels and the names of a run's objects are made from it (`NAME-ORDINAL`), and labels end at 63 characters. */
export const ROLLOUT_NAME_LENGTH = 52;

/** Any name in Kubernetes. */
export const nameSchema = z.string().min(1).max(253);

export const dnsLabelSchema = z
  .string()
  .min(1)
  .max(63)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    "expected lower-case letters, digits and '-', beginning and ending with a letter or digit",
  );

const durationRule: CelRule = {
  rule: `self.matches('${DURATION_PATTERN}')`,
  message: 'expected a duration with its unit, such as "90s", "5m" or "1h30m"',
};

/** CEL that is true of a text that `parseDuration` reads; what compares durations asks first, since `duration()` fails on others. */
export function celIsDuration(field: string): string {
  return `${field}.matches('${DURATION_PATTERN}')`;
}

/** A duration such as "5m". */
export const durationSchema = text(parsedBy(parseDuration), DURATION_LENGTH, [durationRule]);

/** A duration that is no shorter than `least`, and no longer than `most`; both are durations. */
export function durationOfAtLeast(least: string, most?: string): z.ZodType<string> {
  const message = most === undefined ? `expected at least ${least}` : `expected at least ${least} and at most ${most}`;
  const check = (context: Payload) => {
    parsedBy(parseDuration)(context);
    const parsed = parseDuration(context.value);
    const tooLong = most !== undefined && parsed.ok && parsed.value > durationMs(most);
    if (!parsed.ok || (parsed.value >= durationMs(least) && !tooLong)) return;
    context.issues.push({
      code: "custom",
      input: context.value,
      message: `${message}, got ${JSON.stringify(context.value)}`,
    });
  };
  const long = `duration(self) >= duration('${least}')`;
  const within = most === undefined ? long : `(${long} && duration(self) <= duration('${most}'))`;
  return text(check, DURATION_LENGTH, [durationRule, { rule: `!${celIsDuration("self")} || ${within}`, message }]);
}

const CEL_RATE = `self.matches('${RATE_PATTERN.replaceAll("\\", "\\\\")}')`;
const OPEN_RATE = "expected more than 0% and less than 100%";

/** A rate such as "2%", neither "0%" nor "100%": a limit at either end can be neither kept nor judged. */
export const rateSchema = text(
  (context) => {
    parsedBy(parseRate)(context);
    const parsed = parseRate(context.value);
    if (!parsed.ok || (parsed.value > 0 && parsed.value < 1)) return;
    const message = `${OPEN_RATE}, got ${JSON.stringify(context.value)}`;
    context.issues.push({ code: "custom", input: context.value, message });
  },
  RATE_LENGTH,
  [
    { rule: CEL_RATE, message: 'expected a percentage, such as "2%" or "0.5%"' },
    { rule: `!${CEL_RATE} || (self.matches('[1-9]') && !self.startsWith('100'))`, message: OPEN_RATE },
  ],
);

/**
 * Percent of the users: 10, or "0.5%". In the cluster its limits are said without CEL: older API servers assume that such a value
 * is as long as a request may be, and would refuse rules that read it.
 */
export function weightSchema(whenMissing?: string): z.ZodType<number | string> {
  return z.unknown().check(parsedBy(parseWeight, whenMissing)).meta({
    "x-kubernetes-int-or-string": true,
    minimum: 0,
    maximum: 100,
    maxLength: RATE_LENGTH,
    pattern: RATE_PATTERN,
  }) as unknown as z.ZodType<number | string>;
}

/** As `weightSchema`, above 0. The pattern spells out every percentage that is not 0: a rule in CEL would cost too much. */
export function weightAboveZeroSchema(): z.ZodType<number | string> {
  const check = (context: Payload) => {
    parsedBy(parseWeight)(context);
    const parsed = parseWeight(context.value);
    if (!parsed.ok || parsed.value > 0) return;
    const message = `expected more than 0, got ${JSON.stringify(context.value)}`;
    context.issues.push({ code: "custom", input: context.value, message });
  };
  return z.unknown().check(check).meta({
    "x-kubernetes-int-or-string": true,
    minimum: 1,
    maximum: 100,
    maxLength: RATE_LENGTH,
    pattern: RATE_ABOVE_ZERO_PATTERN,
  }) as unknown as z.ZodType<number | string>;
}

/** A time as Kubernetes writes it. */
export const timeSchema = z.string().max(40);
