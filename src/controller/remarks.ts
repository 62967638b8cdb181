import { remarkOf, type Remark } from "../api/remark.ts";
import type { TransitionRecord } from "../api/run.ts";
import type { Clock } from "../clock.ts";
import { KEPT_TRANSITIONS } from "../engine/decide.ts";
import { rfc3339 } from "../engine/memory.ts";
import type { ReadRun } from "./observe.ts";

/**
 * What was done beside the decisions and belongs into a run's record, until the next write of its status takes it along. What is lost
 * by a crash in between is not told; the doing itself comes first.
 */
export interface RemarkBook {
  /** `againAfterMs`: the same is noted again only when the last time is longer ago; never when absent. */
  note(run: ReadRun, remark: Remark, message: string, againAfterMs?: number): void;
  /** `transitions` of a run in this phase, with what was noted since; undefined when nothing was. Call `done` once they are written. */
  pending(
    run: Pick<ReadRun, "uid">,
    transitions: readonly TransitionRecord[],
    phase: string,
  ): { transitions: TransitionRecord[]; done(): void } | undefined;
}

interface Noted {
  remark: Remark;
  message: string;
}

/** Of one run, between two writes of its status. */
const MOST_NOTED = 10;

export function createRemarkBook(clock: Clock): RemarkBook {
  const byRun = new Map<string, Noted[]>();
  return {
    note(run, remark, message, againAfterMs = Number.POSITIVE_INFINITY) {
      const noted = byRun.get(run.uid) ?? [];
      const isNoted = noted.some((one) => one.remark === remark && one.message === message);
      const last = run.status.transitions.findLast((one) => remarkOf(one) === remark && one.message === message);
      const isFresh = last !== undefined && clock.now() - Date.parse(last.at) < againAfterMs;
      if (isNoted || isFresh || noted.length >= MOST_NOTED) return;
      byRun.set(run.uid, [...noted, { remark, message }]);
    },
    pending({ uid }, transitions, phase) {
      const noted = byRun.get(uid);
      if (noted === undefined) return undefined;
      const at = rfc3339(clock.now());
      const records = noted.map(({ remark, message }) => ({ at, from: phase, to: phase, event: remark, message }));
      return {
        transitions: [...transitions, ...records].slice(-KEPT_TRANSITIONS),
        done() {
          const rest = (byRun.get(uid) ?? []).filter((one) => !noted.includes(one));
          if (rest.length === 0) byRun.delete(uid);
          else byRun.set(uid, rest);
        },
      };
    },
  };
}
