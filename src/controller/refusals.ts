import type { Standing } from "../engine/conditions.ts";
import { ApiError, isConflict, isDenied } from "../kube/errors.ts";

/** Once may be chance, twice in a row is told. */
const TOLD_FROM = 2;

/** What the API server refuses, pass after pass: people have to know, since only they can give rights back or mend a webhook. */
export interface Refusals {
  /** The standing to show after a pass over the run with this UID; `failure` is what the pass could not do. */
  after(uid: string, standing: Standing, failure: unknown): Standing;
  forget(uid: string): void;
}

export function createRefusals(): Refusals {
  const inARow = new Map<string, number>();
  return {
    after(uid, standing, failure) {
      if (!isRefusal(failure)) {
        inARow.delete(uid);
        return standing;
      }
      const times = (inARow.get(uid) ?? 0) + 1;
      inARow.set(uid, times);
      return times < TOLD_FROM ? standing : refused(standing, failure);
    },
    forget(uid) {
      inARow.delete(uid);
    },
  };
}

/** A lost race, a busy server and a broken connection are met by trying again; this is not. */
function isRefusal(error: unknown): error is ApiError {
  if (isConflict(error) || !(error instanceof ApiError)) return false;
  return isDenied(error) || (error.code >= 400 && error.code !== 404 && error.code !== 429 && error.code < 500);
}

/** What was wrong before stays the reason; what is refused is said with it. */
function refused(standing: Standing, error: ApiError): Standing {
  const { row, reason, message } = standing;
  const said = `${message}; the API server refuses a write, which is tried again: ${error.message}`;
  return row === "Stalled"
    ? { ...standing, reason, message: said }
    : { ...standing, row: "Stalled", reason: "WriteRefused", message: said };
}
