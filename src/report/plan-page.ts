import type { RolloutSpec } from "../api/rollout.ts";
import type { Plan, PlannedObjective } from "../api/run.ts";
import { formatDuration, formatPercent } from "../api/units.ts";
import { rfc3339 } from "../engine/memory.ts";
import type { Forecast } from "./forecast.ts";

export interface PlannedRollout {
  name: string;
  namespace: string;
  /** Where its file has it, as "rollout.yaml:3". */
  place: string;
  /** The spec as it is written, without defaults. */
  written: unknown;
  spec: RolloutSpec;
  plan: Plan;
  forecast: Forecast;
}

/** A row of the plan: what, how much, and which object says so. */
type Row = readonly [what: string, value: string, from: string];

/** Each value of the plan, and where it comes from. */
export function planValues({ written, spec, plan }: PlannedRollout): Row[] {
  const from = (...path: string[]) => (has(written, path) ? "Rollout" : "default");
  const { analysis } = plan;
  return [
    ["keepPrevious", formatDuration(plan.keepPreviousMs), from("promotion", "keepPrevious")],
    ["progressDeadline", formatDuration(plan.progressDeadlineMs), from("progressDeadline")],
    ["prometheus", analysis.prometheus, from("analysis", "prometheus", "name")],
    ["interval", formatDuration(analysis.intervalMs), from("analysis", "interval")],
    ["minRequests", String(analysis.minRequests), from("analysis", "minRequests")],
    [
      "onInconclusive",
      `hold ${spec.analysis.onInconclusive.hold}, then ${analysis.onInconclusive.then}`,
      from("analysis", "onInconclusive"),
    ],
    ...analysis.objectives.map(
      (objective): Row => [`objective ${objective.name}`, limitOf(objective), from("analysis", "objectives")],
    ),
    ...plan.windows.map(
      ({ name, kind, schedule, durationMs, timeZone, overrun, from: source }): Row => [
        `window ${name}`,
        `${kind} "${schedule}" for ${formatDuration(durationMs)}, ${timeZone}, overrun ${overrun}`,
        source,
      ],
    ),
  ];
}

/** Where the steps come from: those of the promotion are stated apart. */
export function stepSource({ written }: PlannedRollout, isPromotion: boolean): string {
  return has(written, isPromotion ? ["promotion"] : ["steps"]) ? "Rollout" : "default";
}

function limitOf({ kind, limitFraction, maxMs, onBreach }: PlannedObjective): string {
  const limit =
    kind === "latency"
      ? `${formatPercent((1 - limitFraction) * 100)} within ${formatDuration(maxMs ?? 0)}`
      : `at most ${formatPercent(limitFraction * 100)} fail`;
  return `${limit}; on a breach ${onBreach}`;
}

function has(value: unknown, path: readonly string[]): boolean {
  const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], value);
  return found !== undefined;
}

/** A time to the minute. */
export function minute(ms: number | undefined): string {
  return ms === undefined ? "never" : `${rfc3339(ms).slice(0, 16)}Z`;
}

/** The way of the users, a row a step: name, share, people, from when, for how long, what it waits for, who says so. */
export function stepRows(rollout: PlannedRollout, users: number | undefined): string[][] {
  const { plan, forecast } = rollout;
  const head = ["STEP", "USERS", ...(users === undefined ? [] : ["PEOPLE"]), "EARLIEST", "OBSERVED", "THEN", "FROM"];
  const rows = forecast.steps.map((step, index) => [
    step.name,
    formatPercent(step.weightPercent),
    ...(users === undefined ? [] : [String(Math.ceil((users * step.weightPercent) / 100))]),
    minute(step.beginsMs) + (step.waitMs > 0 ? ` (waits ${formatDuration(step.waitMs - (step.waitMs % 1000))})` : ""),
    `for ${formatDuration(step.observeMs)}`,
    step.approval ? "approval" : "-",
    stepSource(rollout, plan.steps[index]?.promotion ?? false),
  ]);
  return [head, ...rows];
}

/** How it ends, in a sentence. */
export function ending({ plan, forecast: { promotedMs, takenBack } }: PlannedRollout): string {
  if (takenBack !== undefined)
    return `Taken back at ${minute(takenBack.atMs)}: ${takenBack.message}. Begin earlier, or change the window's overrun.`;
  if (promotedMs === undefined) return "Never finishes: no opening of the windows is in sight.";
  const oldGone = promotedMs + plan.keepPreviousMs;
  return `Every user on the new version, and it watched, at ${minute(promotedMs)} at the earliest; the old pods stay until ${minute(oldGone)}.`;
}
