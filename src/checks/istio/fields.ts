import { z } from "zod";
import type { Violation } from "../../api/rule.ts";
import { goDurationMs, isDnsLabel, isHost, isLabelKey, isLabelValue } from "./names.ts";

/** Fields that several of Istio's kinds have. What they take is what Istio's CRDs and its validating webhook take. */

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** `schema`, and besides what `look` finds: paths relative to the value. */
export function also<S extends z.ZodType>(schema: S, look: (value: z.output<S>) => readonly Violation[]): S {
  return schema.check((context) => {
    for (const { path, message } of look(context.value as z.output<S>))
      context.issues.push({ code: "custom", input: context.value, path: [...path], message });
  });
}

export function problem(path: readonly (string | number)[], message: string): Violation {
  return { path, message };
}

/** Text that `fits`; `expected` ends "expected ..., got VALUE". */
export function textThat(fits: (text: string) => boolean, expected: string): z.ZodString {
  return z.string().refine(fits, { error: ({ input }) => `expected ${expected}, got ${show(input)}` });
}

export const texts = z.array(z.string());
export const textMap = z.record(z.string(), z.string());
export const flag = z.boolean();
/** What protobuf wraps may be null as well. */
export const flagOrNull = z.boolean().nullable();
export const int32 = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1);
export const uint32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
export const uint32OrNull = uint32.nullable();
export const count = int32.min(0);
export const portNumber = z.int().min(1).max(65535);
export const wholePercent = int32.min(0).max(100);
export const notEmpty = z.string().min(1);
export const dnsLabel = textThat(isDnsLabel, "letters, digits and '-', at most 63, with none of '-' at an end");

export const duration = textThat((text) => {
  const ms = goDurationMs(text);
  return ms !== undefined && ms >= 1 && Number.isInteger(ms);
}, "a duration of whole milliseconds, such as 500ms or 2s");

/** For what 0s switches off. */
export const durationOrZero = textThat((text) => {
  const ms = goDurationMs(text);
  return ms !== undefined && (Math.trunc(ms) === 0 || (ms >= 1 && Number.isInteger(ms)));
}, "a duration of whole milliseconds, such as 500ms or 2s, or 0s");

/** For what Istio only reads: any duration. */
export const anyDuration = textThat((text) => goDurationMs(text) !== undefined, "a duration such as 500ms or 2s");

export const host = textThat(
  isHost,
  'a host, such as "checkout", "checkout.shop.svc.cluster.local" or "*.example.com"',
);

export const percent = z.strictObject({ value: z.number().min(0).max(100).optional() });

/** A share of requests: 0, or no less than one in a million. */
export const share = also(percent, ({ value = 0 }) =>
  value > 0 && value < 0.0001 ? [problem(["value"], `expected 0, or at least 0.0001, got ${value}`)] : [],
);

export const labels = also(textMap, (value) =>
  Object.entries(value).flatMap(([key, text]) => [
    ...(isLabelKey(key) ? [] : [problem([key], `${show(key)} is no name of a label`)]),
    ...(isLabelValue(text) ? [] : [problem([key], `expected the value of a label, got ${show(text)}`)]),
  ]),
);

export const selector = z.strictObject({
  matchLabels: also(z.record(z.string(), z.string().max(63)), (value) =>
    Object.entries(value).flatMap(([key, text]) => [
      ...(key === "" ? [problem([key], "the name of a label is empty")] : []),
      ...(`${key}${text}`.includes("*") ? [problem([key], "a label is compared as it is: * stands for nothing")] : []),
    ]),
  ).optional(),
});

export const destination = z.strictObject({
  host: also(host, (value) => (value === "*" ? [problem([], 'expected one host, got "*"')] : [])),
  // An empty name is none.
  subset: textThat(
    (text) => text === "" || isDnsLabel(text),
    "the name of a subset: letters, digits and '-'",
  ).optional(),
  port: z.strictObject({ number: portNumber }).optional(),
});

/** At most one of the `members` is there. */
export function atMostOne<S extends z.ZodObject>(schema: S, members: readonly (keyof S["shape"] & string)[]): S {
  return also(schema, (value) => {
    const there = members.filter((member) => (value as Record<string, unknown>)[member] !== undefined);
    return there.length < 2 ? [] : [problem([there[1] ?? ""], `expected at most one of ${there.join(", ")}`)];
  });
}

/** Who may see an object, in `namespace`. */
export function exportToProblems(namespace: string, exportTo: readonly string[] = []): Violation[] {
  const problems: Violation[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of exportTo.entries()) {
    const means = entry === "." ? namespace : entry;
    const path = ["exportTo", index];
    if (seen.has(means)) problems.push(problem(path, `${show(entry)} is there already: name it once`));
    else if (means !== "*" && !isDnsLabel(means))
      problems.push(problem(path, `expected ".", "*" or a namespace, got ${show(entry)}`));
    seen.add(means);
  }
  if (seen.has("*") && exportTo.length > 1)
    problems.push(problem(["exportTo"], '"*" means everybody: leave the others out'));
  return problems;
}
