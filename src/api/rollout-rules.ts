import { celIsDuration } from "./fields.ts";
import type { Rule } from "./rule.ts";
import { durationMs, formatPercent, weightPercent } from "./units.ts";

/** The rules of a Rollout that look at more than one value. Shapes of single values are in `fields.ts`. */

export const MAX_STEPS = 20;
export const MAX_RAMP = 10;

type Weight = number | string;

/** 0, 1, 2 ... below `count` as a CEL list: over a list whose length is not part of its type the same is estimated at far more. */
function celIndices(count: number): string {
  return `[${Array.from({ length: count }, (_, index) => index).join(", ")}]`;
}

/**
 * CEL for the weights of the list `self`, as doubles. Each is read once, and by `substring`: API servers before 1.34 take a weight
 * for as long as a whole request, and this is what they still let pass.
 * What is not a weight is passed over (-1); its own rule speaks of it.
 */
function celWeights(weight: string, has: string): string {
  const isWeight = `${has}(type(${weight}) == int || ${weight}.endsWith('%'))`;
  const percent = `(type(${weight}) == int ? double(${weight}) : double(${weight}.substring(0, ${weight}.size() - 1)))`;
  return `self.map(s, ${isWeight} ? ${percent} : -1.0)`;
}

/** That the weights of `self`, a list of `count` items at most, rise; the message names the first that does not. */
function celRises(
  count: number,
  weights: string,
  pathOf: (index: number) => string,
): { cel: string; messageExpression: string } {
  const falls = "i > 0 && i < w.size() && w[i] >= 0.0 && w[i - 1] >= w[i]";
  const first = celPaths(count, pathOf, `[${weights}].map(w, ${celIndices(count)}.filter(i, ${falls})[0])[0]`);
  return {
    cel: `[${weights}].all(w, !${celIndices(count)}.exists(i, ${falls}))`,
    messageExpression: `${first} + ' must be above the weight before it: weights must rise'`,
  };
}

/**
 * CEL for the path with that index. A field path of a rule cannot hold an index, and text that is put together from one, or joined,
 * is estimated at more than a rule may cost: hence a list of all paths.
 */
function celPaths(count: number, pathOf: (index: number) => string, index: string): string {
  return `[${Array.from({ length: count }, (_, position) => `'${pathOf(position)}'`).join(", ")}][${index}]`;
}

/** Index and message of every weight that is not above the one before it. */
function notRising(weights: readonly Weight[]): { index: number; message: string }[] {
  return weights.flatMap((weight, index) => {
    const before = weights[index - 1];
    if (before === undefined || weightPercent(weight) > weightPercent(before)) return [];
    const limit = formatPercent(weightPercent(before));
    return [
      { index, message: `weights must rise: expected more than the ${limit} before it, got ${JSON.stringify(weight)}` },
    ];
  });
}

export const weightsRise: Rule<readonly { weight: Weight }[]> = {
  ...celRises(MAX_STEPS, celWeights("s.weight", "has(s.weight) && "), (index) => `spec.steps[${index}].weight`),
  message: "weights must rise: each step's weight must be above that of the step before it",
  broken: (steps) =>
    notRising(steps.map((step) => step.weight)).map(({ index, message }) => ({ path: [index, "weight"], message })),
};

export const rampRises: Rule<readonly Weight[]> = {
  ...celRises(MAX_RAMP, celWeights("s", ""), (index) => `spec.promotion.ramp[${index}]`),
  message: "weights must rise: each must be above the one before it",
  broken: (ramp) => notRising(ramp).map(({ index, message }) => ({ path: [index], message })),
};

export const rampEndsAtAll: Rule<readonly Weight[]> = {
  cel: "self.size() > 0 && [self[self.size() - 1]].exists(s, type(s) == int ? s == 100 : s.startsWith('100'))",
  message: "expected 100 as the last weight: a promotion ends with all users on the new version",
  broken: (ramp) => {
    const last = ramp.at(-1);
    return last !== undefined && weightPercent(last) === 100 ? [] : [{ path: [], message: rampEndsAtAll.message }];
  },
};

const RESERVED = '"all" and names that begin with "all-" belong to the steps of the promotion: expected another name';

/** `engine/plan.ts` names the steps of the promotion `all` and `all-50`. */
export const nameIsNotReserved: Rule<string> = {
  cel: "self != 'all' && !self.startsWith('all-')",
  message: RESERVED,
  broken: (name) => (name === "all" || name.startsWith("all-") ? [{ path: [], message: RESERVED }] : []),
};

/** As stated: what is left out may come from a policy. */
interface Observed {
  steps?: readonly { observe: string }[] | undefined;
  promotion?: { observe?: string | undefined } | undefined;
  analysis?: { interval?: string | undefined } | undefined;
}

/** True where `observe` and the interval are both stated, and the interval is the longer one. */
function celShorter(observe: string): string {
  const interval = "self.analysis.interval";
  return `${celIsDuration(observe)} && ${celIsDuration(interval)} && duration(${observe}) < duration(${interval})`;
}

const CEL_INTERVAL = "has(self.analysis) && has(self.analysis.interval)";

function shorter(observe: string, interval: string | undefined): string | undefined {
  if (interval === undefined || durationMs(observe) >= durationMs(interval)) return undefined;
  return `expected no less than analysis.interval (${interval}), or no number is read in this time; got "${observe}"`;
}

const SHORTER = "must not be shorter than spec.analysis.interval: no number would be read in that time";

export const stepsAreObserved: Rule<Observed> = {
  cel: `!(has(self.steps) && ${CEL_INTERVAL}) || self.steps.all(s, !(${celShorter("s.observe")}))`,
  message: `a step's observe ${SHORTER}`,
  messageExpression: `${celPaths(
    MAX_STEPS,
    (index) => `spec.steps[${index}].observe`,
    `${celIndices(MAX_STEPS)}.filter(i, i < self.steps.size() && ${celShorter("self.steps[i].observe")})[0]`,
  )} + ' ${SHORTER}'`,
  fieldPath: ".steps",
  broken: ({ steps = [], analysis }) =>
    steps.flatMap((step, index) => {
      const message = shorter(step.observe, analysis?.interval);
      return message === undefined ? [] : [{ path: ["steps", index, "observe"], message }];
    }),
};

export const promotionIsObserved: Rule<Observed> = {
  cel: `!(has(self.promotion) && has(self.promotion.observe) && ${CEL_INTERVAL} && ${celShorter("self.promotion.observe")})`,
  message: SHORTER,
  fieldPath: ".promotion.observe",
  broken: ({ promotion, analysis }) => {
    const message = promotion?.observe === undefined ? undefined : shorter(promotion.observe, analysis?.interval);
    return message === undefined ? [] : [{ path: ["promotion", "observe"], message }];
  },
};

const SAME_SUBSETS = "stable and canary must be two different subsets";

/** Stands on the parent: a rule on `subsets` itself would be asked about its default, `{}`, before that has its own defaults. */
export const subsetsDiffer: Rule<{ subsets: { stable: string; canary: string } }> = {
  cel: "self.subsets.stable != self.subsets.canary",
  message: SAME_SUBSETS,
  fieldPath: ".subsets",
  broken: ({ subsets: { stable, canary } }) =>
    stable === canary ? [{ path: ["subsets"], message: `${SAME_SUBSETS}, got "${stable}" twice` }] : [],
};

interface Ref {
  name: string;
  namespace?: string | undefined;
}

/** `namespace` is a word of CEL's own; this is how the field is spelt. */
const NAMESPACE = "__namespace__";
const sameNamespace = `(has(a.${NAMESPACE}) ? has(b.${NAMESPACE}) && a.${NAMESPACE} == b.${NAMESPACE} : !has(b.${NAMESPACE}))`;

export const refsAreUnique: Rule<readonly Ref[]> = {
  cel: `self.all(a, self.exists_one(b, a.name == b.name && ${sameNamespace}))`,
  message: "an object stands here twice: name it once, with all of its routes",
  broken: (refs) =>
    refs.flatMap((ref, index) => {
      const first = refs.findIndex((other) => other.name === ref.name && other.namespace === ref.namespace);
      const message = `"${ref.name}" is item ${first} already: name it once, with all of its routes`;
      return first === index ? [] : [{ path: [index], message }];
    }),
};
