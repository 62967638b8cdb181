import type { Phase } from "../api/phase.ts";
import type { RunStatus } from "../api/run.ts";
import type { RunFacts } from "./facts.ts";
import { rfc3339, type Memory } from "./memory.ts";

import type { Notice } from "./notice.ts";
import { stepAt } from "./plan.ts";

type Closed = Extract<RunFacts["window"], { kind: "closed" }>;

/** A step that has given users to the candidate, or one after it. */
function isUnderWay(memory: Memory): boolean {
  return memory.step > 0 || memory.weightInForce > 0;
}

/** The window in the way of the next weight. A run that is under way may be let finish. */
function holding(memory: Memory, { window }: RunFacts): Closed | undefined {
  if (window.kind === "open") return undefined;
  return window.overrun === "Finish" && isUnderWay(memory) ? undefined : window;
}

/** No weight may rise now. */
export function windowHolds(memory: Memory, facts: RunFacts): boolean {
  return holding(memory, facts) !== undefined;
}

/** On the way to a weight that is not written yet; a sentence, or undefined where no window is in the way of it. */
export function windowClosed(phase: Phase, memory: Memory, facts: RunFacts): string | undefined {
  const { weight } = stepAt(facts.run.spec.plan, memory.step);
  // The highest weight of all: what a foreign hand left between the two is not this step's.
  const isWritten = phase === "Shifting" && facts.routing.maxWeight >= weight;
  return isWritten ? undefined : holding(memory, facts)?.message;
}

/** Users are on the candidate, and the window that closed says that they shall not be; in a sentence. */
export function windowOverrun(phase: Phase, memory: Memory, { window }: RunFacts): string | undefined {
  if (window.kind === "open" || window.overrun !== "Rollback") return undefined;
  const isExposed = memory.weightInForce > 0 || phase === "Shifting";
  return isExposed ? `${window.message}; the window's overrun is Rollback` : undefined;
}

/** What the run's status says of the window that it waits for. */
export function waitingWindow(phase: Phase, memory: Memory, facts: RunFacts): RunStatus["window"] {
  const window = phase === "Waiting" ? holding(memory, facts) : undefined;
  if (window === undefined) return undefined;
  const { message, opensAtMs } = window;
  return { message, ...(opensAtMs === undefined ? {} : { opensAt: rfc3339(opensAtMs) }) };
}

/** Told once for each opening that is waited for: the same again has the same id. */
export function windowNotice(run: { name: string; status: RunStatus }): Notice | undefined {
  const { window, step } = run.status;
  if (window === undefined) return undefined;
  const opening = Date.parse(window.opensAt ?? "") || 0;
  const id = `${run.name}.window.${step}.${opening.toString(36)}`;
  return { id, type: "Normal", reason: "WaitingForWindow", message: window.message };
}
