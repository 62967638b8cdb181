import type { Clock } from "../clock.ts";
import type { Standing } from "../engine/conditions.ts";
import { ApiError, isConflict, isDenied } from "../kube/errors.ts";

/** Once may be chance, twice in a row is told. */
const TOLD_FROM = 2;

/** Trouble that may pass by itself, as 500, 429 and no answer, is told when this many passes have failed over so long a time: no storm. */
const TROUBLE_FROM = 3;
const TROUBLE_MS = 10_000;

/** A message that is another one each time is not written each time: every write of a status makes another pass. */
const REWORD_MS = 10_000;

/** What the API server does not carry out, pass after pass: people have to know, since only they can give rights back or mend a webhook. */
export interface Refusals {
  /** Counts a pass over this Rollout that failed with `error`; true when people have to be told that passes fail. */
  failed(key: string, error: unknown): boolean;
  /** A pass was done. True when people had been told that passes fail. */
  done(key: string): boolean;
  /** `standing` with what is told of failed passes now. */
  worded(key: string, standing: Standing): Standing;
}

interface Row {
  refusals: number;
  failures: number;
  sinceMs: number;
  told?: { sentence: string; atMs: number };
}

/** Counts for the time of this process: after a restart it is told a pass or two later. */
export function createRefusals(clock: Pick<Clock, "monotonic">): Refusals {
  const inARow = new Map<string, Row>();
  return {
    failed(key, error) {
      const before = inARow.get(key);
      if (isConflict(error) || !(error instanceof ApiError) || error.reason === "NotLeader")
        return before?.told !== undefined;
      const nowMs = clock.monotonic();
      const row = before ?? { refusals: 0, failures: 0, sinceMs: nowMs };
      inARow.set(key, row);
      row.failures += 1;
      if (isRefusal(error)) row.refusals += 1;
      const lasts = row.failures >= TROUBLE_FROM && nowMs - row.sinceMs >= TROUBLE_MS;
      const isNews = row.told === undefined || nowMs - row.told.atMs >= REWORD_MS;
      if ((row.refusals >= TOLD_FROM || lasts) && isNews) row.told = { sentence: sentenceOf(error), atMs: nowMs };
      return row.told !== undefined;
    },
    done(key) {
      const wasTold = inARow.get(key)?.told !== undefined;
      inARow.delete(key);
      return wasTold;
    },
    worded(key, standing) {
      const told = inARow.get(key)?.told;
      return told === undefined ? standing : withRefusal(standing, told.sentence);
    },
  };
}

/** A lost race, a busy server and a broken connection are met by trying again; this is not. */
function isRefusal(error: ApiError): boolean {
  return isDenied(error) || (error.code >= 400 && error.code !== 404 && error.code !== 429 && error.code < 500);
}

function sentenceOf(error: ApiError): string {
  const what = isRefusal(error)
    ? "refuses a write, which is tried again"
    : "does not carry out what is tried again and again";
  return `the API server ${what}: ${error.message}`;
}

/** What was wrong before stays the reason, and is said with it. That all is well is not: it is not known while passes fail. */
function withRefusal(standing: Standing, sentence: string): Standing {
  const { row, message } = standing;
  const said = row === "Succeeded" || message === "" ? sentence : `${message}; ${sentence}`;
  return row === "Stalled"
    ? { ...standing, message: said }
    : { ...standing, row: "Stalled", reason: "WriteRefused", message: said };
}
