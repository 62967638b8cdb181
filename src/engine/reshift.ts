import type { RunStatus } from "../api/run.ts";

/** How often a GitOps tool may lower the weight within the window before the run gives in and asks for people. */
export const MOST_RESHIFTS = 5;
export const RESHIFT_WINDOW_MS = 120_000;

type Reshifts = RunStatus["reshifts"];

/** Those of the last two minutes. */
export function recentReshifts(reshifts: Reshifts, nowMs: number): Reshifts {
  return reshifts.filter(({ at }) => nowMs - Date.parse(at) < RESHIFT_WINDOW_MS);
}

/** With one more, at `nowMs`; `writtenAt` is the API server's time of the tool's write. Only as many are kept as are counted. */
export function withReshift(reshifts: Reshifts, nowMs: number, writtenAt: string | undefined): Reshifts {
  const at = new Date(nowMs).toISOString();
  return [...reshifts, { at, writtenAt: writtenAt ?? at }].slice(-MOST_RESHIFTS);
}

/** Nothing rises again before a reading that is newer than the last lowering; a breach in it takes the run back instead. */
export function mayReshift(reshifts: Reshifts, lastReadingMs: number | undefined): boolean {
  const last = reshifts.at(-1);
  return last === undefined || (lastReadingMs !== undefined && lastReadingMs > Date.parse(last.at));
}
