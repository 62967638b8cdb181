import type { RolloutSpec, Step } from "../rollout.ts";
import { durationMs, weightPercent } from "../units.ts";
import { freeName } from "./free-name.ts";
import type { Limit, StrictestLimits } from "./strictest.ts";

/** What a step is called that a limit adds. */
const ADDED = "limited";
/** Percent of the users in a step that is there only to be approved, where nothing says less. */
const APPROVED_PERCENT = 10;

type Way = Pick<RolloutSpec, "steps" | "promotion">;

export interface TightenedWay extends Way {
  /** By field below spec, as "steps.first.observe": what changed, and through whom. */
  changed: Record<string, string>;
}

/** The steps and the promotion under limits. Weights are only ever added, observations lengthened, approvals asked for. */
export function tightenSteps(way: Way, limits: StrictestLimits): TightenedWay {
  return observed(
    approved(begunSmall({ ...way, changed: {} }, limits.maxFirstWeight), limits.approval),
    limits.minObserve,
  );
}

function begunSmall(way: TightenedWay, limit: Limit<number | string> | undefined): TightenedWay {
  if (limit === undefined || firstPercent(way) <= weightPercent(limit.value)) return way;
  const at = way.steps.findIndex(({ weight }) => weightPercent(weight) > 0);
  const index = at === -1 ? way.steps.length : at;
  const observe = way.steps[index]?.observe ?? way.promotion.observe;
  return withStep(way, index, { name: nameFor(way), weight: limit.value, observe }, limit.from);
}

function approved(way: TightenedWay, limit: Limit<true> | undefined): TightenedWay {
  // An approval before any user has met the new version is none of what users said of it.
  const partial = way.steps.filter(({ weight }) => weightPercent(weight) > 0 && weightPercent(weight) < 100);
  if (limit === undefined || partial.some(({ approval }) => approval !== undefined)) return way;
  const last = partial.at(-1);
  if (last === undefined) {
    const weight = Math.min(APPROVED_PERCENT, firstPercent(way));
    const written = Number.isInteger(weight) ? weight : `${weight}%`;
    const index = way.steps.filter(({ weight: before }) => weightPercent(before) === 0).length;
    const observe = way.steps[index]?.observe ?? way.promotion.observe;
    return withStep(way, index, { name: nameFor(way), weight: written, observe, approval: {} }, limit.from);
  }
  const steps = way.steps.map((step) => (step === last ? { ...step, approval: {} } : step));
  return { ...way, steps, changed: { ...way.changed, [`steps.${last.name}.approval`]: limit.from } };
}

function observed(way: TightenedWay, limit: Limit<string> | undefined): TightenedWay {
  if (limit === undefined) return way;
  const isShort = ({ observe }: { observe: string }) => durationMs(observe) < durationMs(limit.value);
  const short = way.steps.filter(isShort).map(({ name }) => `steps.${name}.observe`);
  const changed = [...short, ...(isShort(way.promotion) ? ["promotion.observe"] : [])];
  return {
    steps: way.steps.map((step) => (isShort(step) ? { ...step, observe: limit.value } : step)),
    promotion: isShort(way.promotion) ? { ...way.promotion, observe: limit.value } : way.promotion,
    changed: { ...way.changed, ...Object.fromEntries(changed.map((field) => [field, limit.from])) },
  };
}

function withStep(way: TightenedWay, index: number, step: Step, from: string): TightenedWay {
  return {
    ...way,
    steps: way.steps.toSpliced(index, 0, step),
    changed: { ...way.changed, [`steps.${step.name}`]: from },
  };
}

function nameFor({ steps }: Way): string {
  return freeName(
    ADDED,
    steps.map(({ name }) => name),
  );
}

/** Percent of the users that the first of them to meet the new version are. */
function firstPercent({ steps, promotion }: Way): number {
  const weights = [...steps.map(({ weight }) => weight), ...promotion.ramp];
  return weights.map(weightPercent).find((percent) => percent > 0) ?? 100;
}
