/** The states of the machine (docs/reference/machine.md) as they are written in RolloutRun.status.phase. Names are never reused or changed: stored runs carry them. */
export const STATES = [
  "Preflight",
  "Waiting",
  "Fencing",
  "Scaling",
  "Shifting",
  "Observing",
  "Paused",
  "SwappingLabels",
  "SwappingWeight",
  "Keeping",
  "Undoing",
  "Converging",
  "Joining",
  "Releasing",
  "Withdrawing",
  "Draining",
] as const;
export type State = (typeof STATES)[number];

export const OUTCOMES = ["Promoted", "RolledBack", "Aborted", "Superseded"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const PHASES = [...STATES, ...OUTCOMES] as const;
export type Phase = State | Outcome;

export function isFinal(phase: Phase): phase is Outcome {
  return (OUTCOMES as readonly string[]).includes(phase);
}

export const VERBS = ["approve", "skip", "pause", "resume", "promote", "abort", "retry", "undo"] as const;
export type Verb = (typeof VERBS)[number];
