import type { Channel } from "../api/notifications.ts";
import { silentLog } from "../kube/log.ts";
import { createManualClock } from "../manual-clock.ts";
import { slackChannel, storedRun, toldTo } from "./message.test-helper.ts";
import type { Message, ToldRun } from "./message.ts";
import { createNotifier } from "./notifier.ts";
import type { Outcome, Thread } from "./outcome.ts";

export const KEY = "shop/checkout";
export const later = (afterMs?: number): Outcome => ({ kind: "later", why: "answered 503", afterMs });

export interface Sent {
  atMs: number;
  channel: string;
  message: Message;
}

/** A notifier whose receiver does what the test says, and a controller that records what was sent, unless it is told not to. */
export function open(
  answer: (channel: Channel, message: Message, tries: number, thread?: Thread) => Outcome = () => ({ kind: "sent" }),
) {
  const clock = createManualClock(Date.parse("2026-01-01T00:10:00Z"));
  const sent: Sent[] = [];
  const outcomes: string[] = [];
  const leading = new AbortController();
  let tries = 0;
  let aheadMs = 0;
  let runs: readonly ToldRun[] = [];
  const world = { records: true };
  const notifier = createNotifier({
    deliver: async (channel, message, thread) => {
      const outcome = answer(channel, message, ++tries, thread);
      if (outcome.kind === "sent") sent.push({ atMs: clock.monotonic(), channel: channel.name, message });
      return outcome;
    },
    clock: { ...clock, now: () => clock.now() + aheadMs },
    log: silentLog,
    retryMs: (attempt) => 1_000 * 2 ** attempt,
    ownNamespace: "sluice-system",
    signal: leading.signal,
    onNews: () => {
      if (world.records) look(runs);
    },
    onOutcome: ({ kind, outcome }) => outcomes.push(`${kind} ${outcome}`),
  });
  /** As a pass: records first, then looks. */
  function look(next: readonly ToldRun[]): void {
    runs = next.map((run) => {
      const notified = notifier.recorded(KEY, run.uid, run.status.notified);
      return { ...run, status: { ...run.status, notified } };
    });
    notifier.look(KEY, runs);
  }
  return {
    clock,
    sent,
    outcomes,
    notifier,
    leading,
    world,
    look,
    tries: () => tries,
    /** The wall clock goes wrong by this much; time itself does not. */
    setWallAhead: (byMs: number) => {
      aheadMs = byMs;
    },
    events: () => sent.map(({ message }) => message.event),
  };
}

/** The run as it was after the first `count` transitions. */
export function young(run: ToldRun, count: number): ToldRun {
  return { ...run, status: { ...run.status, transitions: run.status.transitions.slice(0, count) } };
}

export const fresh = (run: ToldRun, uid: string): ToldRun => {
  const at = "2026-01-01T00:09:00.000Z";
  const transitions = run.status.transitions.map((record) => ({
    ...record,
    at: new Date(Date.parse(at) + 10).toISOString(),
  }));
  return { ...run, uid, status: { ...run.status, transitions } };
};
export const rolledBack = (channels = [slackChannel()], uid = "uid-1") =>
  toldTo(fresh(storedRun("RolledBack"), uid), ...channels);
