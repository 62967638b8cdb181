import type { Plan } from "../api/run.ts";
import { openingAfter, windowsAt, type WindowState } from "../engine/windows.ts";

export interface ForecastStep {
  name: string;
  /** Percent of the users that meet the new version from `beginsMs` on. */
  weightPercent: number;
  /** Milliseconds since the epoch; undefined when no opening is in sight. */
  beginsMs: number | undefined;
  observeMs: number;
  /** How long the step waits for a window before it, in milliseconds. */
  waitMs: number;
  /** The step after it waits for somebody's approval: what follows is then the earliest possible. */
  approval: boolean;
}

export interface Forecast {
  steps: ForecastStep[];
  /** When every user is on the new version and it has been watched; undefined when it never is. Milliseconds since the epoch. */
  promotedMs: number | undefined;
  /** The run would be taken back by a window's overrun. */
  takenBack?: { atMs: number; message: string };
}

const LOOK_MS = 60_000;

/**
 * When a run of this plan would reach each step at the earliest, if it began at `nowMs`: windows count, and observations; pods are ready
 * at once, approvals are given at once, and the numbers are good.
 */
export function forecast(plan: Plan, nowMs: number): Forecast {
  const { windows } = plan;
  const steps: ForecastStep[] = [];
  let atMs: number | undefined = nowMs;
  for (const step of plan.steps) {
    const before: number | undefined = atMs;
    const underWay = steps.length > 0;
    const state: WindowState | undefined = before === undefined ? undefined : windowsAt(windows, before);
    if (state?.kind === "closed" && before !== undefined) {
      if (underWay && state.overrun === "Rollback")
        return { steps, promotedMs: undefined, takenBack: { atMs: before, message: state.message } };
      atMs = underWay && state.overrun === "Finish" ? before : openingAfter(windows, before);
    }
    const waitMs = atMs === undefined || before === undefined ? 0 : atMs - before;
    const { name, weight: weightPercent, observeMs, approval } = step;
    steps.push({ name, weightPercent, beginsMs: atMs, observeMs, waitMs, approval });
    if (atMs === undefined) continue;
    const takenBack = overrunWithin(plan, atMs, observeMs);
    if (takenBack !== undefined) return { steps, promotedMs: undefined, takenBack };
    atMs += observeMs;
  }
  return { steps, promotedMs: atMs };
}

/** The first minute of an observation in which a window takes the users back. */
function overrunWithin({ windows }: Plan, fromMs: number, forMs: number): Forecast["takenBack"] {
  if (!windows.some(({ overrun }) => overrun === "Rollback")) return undefined;
  for (let atMs = fromMs; atMs < fromMs + forMs; atMs += LOOK_MS) {
    const state = windowsAt(windows, atMs);
    if (state.kind === "closed" && state.overrun === "Rollback") return { atMs, message: state.message };
  }
  return undefined;
}
