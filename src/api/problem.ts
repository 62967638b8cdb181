import { z } from "zod";

/** What is wrong with one field of an object that a person wrote: the value, what was expected, what to do. */
export interface Problem {
  /** As "spec.steps[1].weight"; "" is the object itself. */
  readonly path: string;
  readonly message: string;
  /** The path in parts, to find the place in a file. */
  readonly keys: readonly (string | number)[];
  /** The object that it is in, as "RolloutPolicy/strict", where that is another one than was asked about. */
  readonly source?: string;
}

/** `spec.steps[1].weight: expected ...`, with the object in front where it is another one. */
export function formatProblem({ path, message, source }: Problem): string {
  const at = [source, path].filter((part) => part !== undefined && part !== "").join(" ");
  return at === "" ? message : `${at}: ${message}`;
}

/** "spec.steps[1].weight" of ["spec", "steps", 1, "weight"]. */
export function formatPath(keys: readonly (string | number)[]): string {
  return keys.map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`)).join("");
}

export function problemAt(keys: readonly (string | number)[], message: string): Problem {
  return { path: formatPath(keys), message, keys };
}

/** What `schema` has against `value`, which stands at `base` in its object. */
export function problemsOf(
  schema: z.ZodType,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  base: readonly string[],
): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
    if (issue.code !== "unrecognized_keys")
      return [problemAt([...base, ...path], sentence(issue, valueAt(value, path)))];
    const known = fieldsAt(schema, path);
    return issue.keys.map((key) => problemAt([...base, ...path, key], unknownField(key, known)));
  });
}

function sentence(issue: z.core.$ZodIssue, value: unknown): string {
  const got = value === undefined ? "" : `, got ${show(value)}`;
  const missing = value === undefined ? "missing: " : "";
  switch (issue.code) {
    case "invalid_type":
      return `${missing}expected ${nounOf(issue.expected)}${got}`;
    case "invalid_value":
      return `${missing}expected ${oneOf(issue.values.map(String), value)}${got}`;
    case "too_small":
      return `expected at least ${amount(issue.minimum, issue.origin)}${got}`;
    case "too_big":
      return `expected at most ${amount(issue.maximum, issue.origin)}${got}`;
    case "invalid_format":
      return `${issue.message}${got}`;
    default:
      return issue.message;
  }
}

function unknownField(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  const list = known.length === 0 ? "none is expected here" : `known here: ${known.join(", ")}`;
  return `there is no field "${key}"${hint} (${list})`;
}

function oneOf(values: readonly string[], value: unknown): string {
  const near = typeof value === "string" ? nearest(value, values) : undefined;
  const list = values.length === 1 ? `"${values[0]}"` : `one of ${values.join(", ")}`;
  return near === undefined || values.length === 1 ? list : `${list} (did you mean ${near}?)`;
}

function nounOf(type: string): string {
  const nouns: Readonly<Record<string, string>> = {
    int: "a whole number",
    number: "a number",
    string: "text",
    boolean: "true or false",
    array: "a list",
    object: "an object",
    record: "an object",
  };
  return nouns[type] ?? type;
}

function amount(limit: number | bigint, origin: string): string {
  const units: Readonly<Record<string, string>> = { string: " characters", array: " items", set: " items" };
  return `${limit}${units[origin] ?? ""}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string | number, unknown> | null | undefined)?.[key], value);
}

/** Names of the fields that the object at `path` may have. */
function fieldsAt(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let at = unwrap(schema);
  for (const key of path) {
    if (at instanceof z.ZodObject) at = unwrap(at.shape[key] as z.ZodType);
    else if (at instanceof z.ZodArray) at = unwrap(at.element as z.ZodType);
    else if (at instanceof z.ZodRecord) at = unwrap(at.valueType as z.ZodType);
    else return [];
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: z.ZodType): z.ZodType {
  const wrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return wrapped ? unwrap(schema.unwrap() as z.ZodType) : schema;
}

/** The one of `words` that `word` was most likely meant to be: the same but for case, or at most two slips away. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const near = words
    .map((candidate) => ({ candidate, slips: slips(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, slips: count }) => count <= Math.min(2, candidate.length / 3))
    .sort((a, b) => a.slips - b.slips);
  return near[0]?.candidate;
}

/** Levenshtein's distance: letters added, left out or changed. */
function slips(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...b].entries()) {
      const changed = (above[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
