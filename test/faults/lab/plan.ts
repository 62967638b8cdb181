import { type KillCase, killCases, titleOf } from "./cases.ts";

export interface Plan {
  readonly turns: readonly { readonly each: KillCase; readonly turn: number }[];
  /** A file that takes a line of JSON for each turn. */
  readonly record?: string;
}

/** Which cases are played, and how often: every state once, unless `npm run faults` says more in the environment. */
export function planFrom(environment: Readonly<Record<string, string | undefined>>): Plan {
  const {
    SLUICE_LAB_FAULTS_TIMES: times,
    SLUICE_LAB_FAULTS_ONLY: only,
    SLUICE_LAB_FAULTS_RECORD: record,
  } = environment;
  const chosen = times === undefined ? killCases.filter((each) => each.selected) : casesNamed(only);
  const turns = Array.from({ length: Number(times ?? 1) }, (_, at) => chosen.map((each) => ({ each, turn: at + 1 })));
  return { turns: turns.flat(), ...(record === undefined ? {} : { record }) };
}

/** Those whose title has `pattern` in it, in any case of letters; all without one. */
export function casesNamed(pattern = ""): KillCase[] {
  return killCases.filter((each) => titleOf(each).toLowerCase().includes(pattern.toLowerCase()));
}
