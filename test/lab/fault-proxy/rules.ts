import type { ApiCall } from "./api-call.ts";
import { checkRule, concerns, type Fault, type Rule } from "./faults.ts";

/** The faults that are on. */
export interface Rules {
  /** Gives what takes it off again. */
  add(rule: Rule): () => void;
  clear(): void;
  /** The first that this request meets, and counts it; a draw is made for each rule. */
  meet(call: ApiCall): Fault | undefined;
  /** For one watch, asked again and again: each rule is drawn once, and counted once. */
  meetOnce(call: ApiCall): () => Fault | undefined;
  /** How many requests met each kind of fault; `answer` by its code, as "answer 409". */
  met(): Readonly<Record<string, number>>;
  /** Calls back whenever a rule comes or goes; gives what ends that. */
  onChange(listener: () => void): () => void;
}

/** @param random from [0, 1) */
export function createRules(random: () => number): Rules {
  const rules = new Set<Rule>();
  const listeners = new Set<() => void>();
  const counts: Record<string, number> = {};

  function changed(): void {
    for (const listener of listeners) listener();
  }

  function draw(rule: Rule, call: ApiCall): boolean {
    return concerns(rule, call) && random() < (rule.fraction ?? 1);
  }

  function count({ fault }: Rule): void {
    const kind = fault.kind === "answer" ? `answer ${fault.code}` : fault.kind;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }

  return {
    add(rule) {
      checkRule(rule);
      const own = { ...rule };
      rules.add(own);
      changed();
      return () => {
        if (rules.delete(own)) changed();
      };
    },
    clear() {
      rules.clear();
      changed();
    },
    meet(call) {
      const rule = [...rules].find((each) => draw(each, call));
      if (rule !== undefined) count(rule);
      return rule?.fault;
    },
    meetOnce(call) {
      const drawn = new Map<Rule, boolean>();
      const counted = new Set<Rule>();
      return () => {
        for (const rule of rules) {
          if (!drawn.has(rule)) drawn.set(rule, draw(rule, call));
          if (drawn.get(rule) !== true) continue;
          if (!counted.has(rule)) count(rule);
          counted.add(rule);
          return rule.fault;
        }
        return undefined;
      };
    },
    met: () => ({ ...counts }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
