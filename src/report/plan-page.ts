import { CHANNEL_KINDS } from "../api/notifications.ts";
import { originOf } from "../api/policy/origins.ts";
import type { Plan, PlannedObjective } from "../api/run.ts";
import { formatDuration, formatPercent } from "../api/units.ts";
import { rfc3339 } from "../engine/memory.ts";
import type { Forecast } from "./forecast.ts";
import { stepOrigin, UNKNOWN } from "./step-origin.ts";

export interface PlannedRollout {
  name: string;
  namespace: string;
  /** Where its file has it, as "rollout.yaml:3". */
  place: string;
  /** The policies that were laid under it, the last one on top. */
  policies: readonly string[];
  /** Whether there may be more, since the labels of its namespace are not known. */
  labelsUnknown: boolean;
  plan: Plan;
  forecast: Forecast;
}

/** A row of the plan: what, how much, and which object says so. */
type Row = readonly [what: string, value: string, from: string];

/** Each value of the plan, and where it comes from. */
export function planValues({ plan }: PlannedRollout): Row[] {
  const from = (field: string) => originOf(plan.origins, field) ?? UNKNOWN;
  const { analysis } = plan;
  const { holdMs, then } = analysis.onInconclusive;
  return [
    ["keepPrevious", formatDuration(plan.keepPreviousMs), from("promotion.keepPrevious")],
    ["progressDeadline", formatDuration(plan.progressDeadlineMs), from("progressDeadline")],
    ["drainAfter", formatDuration(plan.drainAfterMs), from("rollback.drainAfter")],
    ["settle", formatDuration(plan.settleMs), from("traffic.settle")],
    ["unmanagedCallers", plan.unmanagedCallers, from("traffic.unmanagedCallers")],
    ["prometheus", analysis.prometheus, from("analysis.prometheus.name")],
    ["interval", formatDuration(analysis.intervalMs), from("analysis.interval")],
    ["minRequests", String(analysis.minRequests), from("analysis.minRequests")],
    ["onInconclusive", `hold ${formatDuration(holdMs)}`, from("analysis.onInconclusive.hold")],
    ["", `then ${then}`, from("analysis.onInconclusive.then")],
    ...analysis.objectives.map((objective): Row => [`objective ${objective.name}`, ...objectiveValue(plan, objective)]),
    ...plan.windows.map(
      ({ name, kind, schedule, durationMs, timeZone, overrun, from: source }): Row => [
        `window ${name}`,
        `${kind} "${schedule}" for ${formatDuration(durationMs)}, ${timeZone}, overrun ${overrun}`,
        source,
      ],
    ),
    ...plan.notifications.map(
      (channel): Row => [
        `channel ${channel.name}`,
        kindOfChannel(channel),
        from(`notifications.channels.${channel.name}`),
      ],
    ),
  ];
}

function objectiveValue(plan: Plan, objective: PlannedObjective): [value: string, from: string] {
  const field = `analysis.objectives.${objective.name}`;
  const source = originOf(plan.origins, field) ?? UNKNOWN;
  const own = plan.origins[`${field}.onBreach`];
  return [limitOf(objective), own === undefined ? source : `${source}; onBreach ${own}`];
}

function kindOfChannel(channel: Plan["notifications"][number]): string {
  return CHANNEL_KINDS.find((kind) => channel[kind] !== undefined) ?? "";
}

function limitOf({ kind, limitFraction, maxMs, onBreach }: PlannedObjective): string {
  const limit =
    kind === "latency"
      ? `${formatPercent((1 - limitFraction) * 100)} within ${formatDuration(maxMs ?? 0)}`
      : `at most ${formatPercent(limitFraction * 100)} fail`;
  return `${limit}; on a breach ${onBreach}`;
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
    plan.steps[index] === undefined ? UNKNOWN : stepOrigin(plan, plan.steps[index]),
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
