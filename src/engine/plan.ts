import type { SourcedWindow } from "../api/policy/merge.ts";
import type { Origins } from "../api/policy/origins.ts";
import type { RolloutSpec } from "../api/rollout.ts";
import type { Plan, PlannedObjective, PlannedStep, PlannedWindow, RunSpec } from "../api/run.ts";
import { durationMs, formatPercent, rateFraction, weightPercent } from "../api/units.ts";

/** The name of the step that every plan ends in. */
export const LAST_STEP = "all";

export interface Compilable {
  spec: RolloutSpec;
  windows: readonly SourcedWindow[];
  origins: Origins;
}

/**
 * A Rollout's spec, with what its policies add, as the run goes by it: units resolved, the promotion's ramp as steps of their own. On the
 * fast path and for an undo, to a version that users were on before, there is the last step only.
 */
export function compilePlan({ spec, windows, origins }: Compilable, reason: RunSpec["reason"] = "NewRevision"): Plan {
  const all = [...givenSteps(spec), ...rampSteps(spec)];
  const analysis = spec.analysis;
  return {
    steps: reason === "FastPath" || reason === "Undo" ? all.slice(-1) : all,
    keepPreviousMs: durationMs(spec.promotion.keepPrevious),
    drainAfterMs: durationMs(spec.rollback.drainAfter),
    settleMs: durationMs(spec.traffic.settle),
    unmanagedCallers: spec.traffic.unmanagedCallers,
    progressDeadlineMs: durationMs(spec.progressDeadline),
    windows: FREE_OF_WINDOWS.includes(reason) ? [] : windows.map(compileWindow),
    analysis: {
      prometheus: analysis.prometheus.name,
      intervalMs: durationMs(analysis.interval),
      minRequests: analysis.minRequests,
      onInconclusive: { holdMs: durationMs(analysis.onInconclusive.hold), then: analysis.onInconclusive.then },
      objectives: analysis.objectives.map((objective) => compileObjective(objective, analysis.onBreach)),
    },
    notifications: spec.notifications.channels,
    origins,
  };
}

/** They bring back what users were on before, as a rollback does, or move no user at all: no window stands in their way. */
const FREE_OF_WINDOWS: readonly RunSpec["reason"][] = ["Undo", "FastPath", "Converge"];

function compileWindow({ duration, ...window }: SourcedWindow): PlannedWindow {
  return { ...window, durationMs: durationMs(duration) };
}

function givenSteps(spec: RolloutSpec): PlannedStep[] {
  return spec.steps.map((step) => ({
    name: step.name,
    weight: weightPercent(step.weight),
    observeMs: durationMs(step.observe),
    approval: step.approval !== undefined,
    promotion: false,
  }));
}

function rampSteps(spec: RolloutSpec): PlannedStep[] {
  const last = spec.steps.at(-1);
  const above = last === undefined ? 0 : weightPercent(last.weight);
  const observeMs = durationMs(spec.promotion.observe);
  const weights = spec.promotion.ramp.map(weightPercent).filter((weight) => weight > above && weight < 100);
  return [
    ...weights.map((weight) => ({
      name: `${LAST_STEP}-${formatPercent(weight).replace("%", "")}`,
      weight,
      observeMs,
      approval: false,
      promotion: true,
    })),
    { name: LAST_STEP, weight: 100, observeMs, approval: false, promotion: true },
  ];
}

function compileObjective(
  objective: RolloutSpec["analysis"]["objectives"][number],
  onBreach: "Rollback" | "Pause",
): PlannedObjective {
  const common = { name: objective.name, onBreach: objective.onBreach ?? onBreach };
  if (objective.latency !== undefined) {
    return {
      ...common,
      kind: "latency",
      limitFraction: Number((1 - rateFraction(objective.latency.quantile)).toFixed(8)),
      maxMs: durationMs(objective.latency.max),
    };
  }
  if (objective.errorRate === undefined)
    throw new TypeError(`objective ${objective.name} has no kind; the schema should have refused it`);
  return { ...common, kind: "errorRate", limitFraction: rateFraction(objective.errorRate.max) };
}

/** Index of the first step of the promotion: what `promote` goes to. */
export function promotionStep(plan: Plan): number {
  return plan.steps.findIndex((step) => step.promotion);
}

/** The step at `index`; the first or the last one when the index is outside the plan. */
export function stepAt(plan: Plan, index: number): PlannedStep {
  const step = plan.steps[Math.max(0, Math.min(index, plan.steps.length - 1))];
  if (step === undefined) throw new TypeError("a plan has at least one step");
  return step;
}

export function isLastStep(plan: Plan, index: number): boolean {
  return index >= plan.steps.length - 1;
}
