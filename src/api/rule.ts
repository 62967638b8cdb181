import type { z } from "zod";

/** Where something is wrong, relative to the value that the rule was asked about. */
export interface Violation {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * One rule said twice, side by side so that the two cannot drift: in CEL for the API server, in TypeScript for the command line and
 * the controller. `test/contract` holds bad and good Rollouts that both must judge alike.
 */
export interface Rule<T> {
  /** True when the rule holds. Never fails on a value that breaks another rule: a second error would only confuse. */
  readonly cel: string;
  readonly message: string;
  /** A CEL string with the values in it; `message` is used where it cannot be evaluated. */
  readonly messageExpression?: string;
  /** The field to blame, relative to where the rule stands, as ".promotion.observe"; list indices cannot be said. */
  readonly fieldPath?: string;
  /** What is wrong with a value whose own shape is right; nothing when the rule holds. */
  readonly broken: (value: T) => readonly Violation[];
}

/** What a CRD says under `x-kubernetes-validations`. */
export interface CelRule {
  rule: string;
  message: string;
  messageExpression?: string;
  fieldPath?: string;
}

const VALIDATIONS = "x-kubernetes-validations";

/** `schema` under `rules`. Call once a schema: the rules of a second call would take the place of the first's in the CRD. */
export function withRules<S extends z.ZodType>(schema: S, ...rules: readonly Rule<z.output<S>>[]): S {
  const checked = schema.check((context) => {
    for (const rule of rules) {
      for (const { path, message } of rule.broken(context.value as z.output<S>)) {
        context.issues.push({ code: "custom", input: context.value, path: [...path], message });
      }
    }
  });
  return checked.meta({ [VALIDATIONS]: rules.map(celRule) }) as S;
}

/** A rule that compares with the stored object (`oldSelf`): only the API server can judge it. */
export function transition(cel: string, message: string): Rule<unknown> {
  return { cel, message, broken: () => [] };
}

/** `schema` for a field that never changes once it is written. */
export function immutable<S extends z.ZodType>(schema: S, message: string): S {
  return withRules(schema, transition("self == oldSelf", message));
}

/** An array that the API server merges by `key`, and in which no two items may share it. */
export function listMap<S extends z.ZodArray>(schema: S, key: string): S {
  const checked = schema.check((context) => {
    const seen = new Map<unknown, number>();
    for (const [index, item] of (context.value as readonly Record<string, unknown>[]).entries()) {
      const first = seen.get(item[key]);
      if (first === undefined) seen.set(item[key], index);
      else {
        const message = `${JSON.stringify(item[key])} is the ${key} of item ${first} already: give each a ${key} of its own`;
        context.issues.push({ code: "custom", input: item[key], path: [index, key], message });
      }
    }
  });
  return checked.meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key] });
}

/** An array in which no value may stand twice. */
export function listSet<S extends z.ZodArray>(schema: S): S {
  const checked = schema.check((context) => {
    const values: readonly unknown[] = context.value;
    for (const [index, value] of values.entries()) {
      const first = values.indexOf(value);
      const message = `${JSON.stringify(value)} is item ${first} already: name it once`;
      if (first !== index) context.issues.push({ code: "custom", input: value, path: [index], message });
    }
  });
  return checked.meta({ "x-kubernetes-list-type": "set" });
}

/** Marks a union's members: the CRD does not require any of them by itself, so that the rule's own message is what people see. */
export const MEMBERS = "x-sluice-members";

/** Exactly one of an object's `members` is there. `what` ends the sentence. */
export function exactlyOneOf<T extends object>(members: readonly (keyof T & string)[], what: string): Rule<T> {
  const message = `expected exactly one of: ${members.join(", ")} (${what})`;
  const has = members.map((member) => `has(self.${member})`);
  return {
    cel: has.length === 1 ? (has[0] ?? "") : `[${has.join(", ")}].exists_one(there, there)`,
    message,
    broken: (value) =>
      members.filter((member) => value[member] !== undefined).length === 1 ? [] : [{ path: [], message }],
  };
}

function celRule({ cel, message, messageExpression, fieldPath }: Rule<never>): CelRule {
  return {
    rule: cel,
    message,
    ...(messageExpression === undefined ? {} : { messageExpression }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}
