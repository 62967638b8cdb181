import type { Channel } from "../api/notifications.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../kube/log.ts";
import type { Deliver } from "./deliver.ts";
import type { Cursor } from "./due.ts";
import type { Message } from "./message.ts";
import type { Outcome, Thread } from "./outcome.ts";

/** What one channel has still to be told of one run. */
export interface Job {
  readonly rollout: string;
  /** The run's UID. */
  readonly run: string;
  readonly channel: Channel;
  readonly kind: string;
  /** Names the receiver: jobs of one lane share its rate. */
  readonly lane: string;
  pending: readonly Message[];
  /** The last message that is done with. */
  cursor: Cursor | undefined;
  /** The message that a bot keeps of the run in this channel. */
  thread: Thread | undefined;
  /** Whether the run's status says so. Until then nothing more is sent, so that a crash repeats one message at most. */
  recorded: boolean;
  notBeforeMs: number;
  tries: number;
}

export interface Lanes {
  /** What a job has to send from now on. */
  offer(job: Job, pending: readonly Message[]): void;
  stop(): Promise<void>;
}

export interface LanesOptions {
  deliver: Deliver;
  clock: Clock;
  log: Log;
  retryMs: (attempt: number) => number;
  signal: AbortSignal;
  onNews(rollout: string): void;
  /** A channel fails, and why; undefined: no longer. */
  onFailure(job: Job, why: string | undefined): void;
  onOutcome(outcome: { kind: string; outcome: "sent" | "failed" | "dropped" }): void;
}

/** Slack's published rate for one channel. */
const SPACING_MS = 1_000;
/** Somebody has to mend it: looked at again now and then. */
const REFUSED_MS = 300_000;
/** Nobody wants to be told of it any more. */
const TOO_OLD_MS = 24 * 3_600_000;
/** In a row, before a passing failure is called one. */
const TRIES_BEFORE_FAILURE = 3;
const MOST_WAITING = 1_000;

interface Lane {
  /** Those that have something to send. */
  jobs: Set<Job>;
  notBeforeMs: number;
  sending: Promise<void> | undefined;
  cancel: () => void;
}

/** One message at a time to each receiver, and never more than one a second. Receivers do not wait for each other. */
export function createLanes(options: LanesOptions): Lanes {
  const { clock, deliver, log, signal, retryMs, onOutcome } = options;
  const lanes = new Map<string, Lane>();
  /** Jobs whose next message is progress, the one that has waited longest first. */
  const progressing = new Set<Job>();
  let stopped = false;

  function laneOf(job: Job): Lane {
    const known = lanes.get(job.lane);
    if (known !== undefined) return known;
    const lane: Lane = { jobs: new Set(), notBeforeMs: 0, sending: undefined, cancel: () => {} };
    lanes.set(job.lane, lane);
    return lane;
  }

  function setPending(job: Job, pending: readonly Message[]): void {
    job.pending = pending;
    const { jobs } = laneOf(job);
    if (pending.length === 0) jobs.delete(job);
    else jobs.add(job);
    if (pending[0]?.progress === true) progressing.add(job);
    else progressing.delete(job);
  }

  /** Done with: sent, or never to be. */
  function finish(job: Job, message: Message, recorded: boolean): void {
    job.cursor = { key: message.key, at: message.at };
    job.recorded = recorded;
    job.tries = 0;
    job.notBeforeMs = 0;
    setPending(
      job,
      job.pending.filter(({ key }) => key !== message.key),
    );
  }

  function drop(job: Job, message: Message, why: string): void {
    log.warn(
      { rollout: job.rollout, channel: job.channel.name, event: message.event },
      `a notification is given up: ${why}`,
    );
    onOutcome({ kind: job.kind, outcome: "dropped" });
    finish(job, message, true);
  }

  /** What presses goes first, then what has waited longest; within a run the order stays. */
  function next(lane: Lane, nowMs: number): Job | undefined {
    const ready = [...lane.jobs].filter((job) => job.recorded && job.notBeforeMs <= nowMs);
    const rank = (job: Job) => `${job.pending[0]?.progress === true ? 1 : 0} ${job.pending[0]?.at ?? ""}`;
    return ready.toSorted((a, b) => rank(a).localeCompare(rank(b)))[0];
  }

  function attend(lane: Lane): void {
    if (stopped || signal.aborted || lane.sending !== undefined) return;
    lane.cancel();
    const nowMs = clock.monotonic();
    const waiting = [...lane.jobs].filter((job) => job.recorded).map((job) => job.notBeforeMs);
    if (waiting.length === 0) return;
    const dueMs = Math.max(lane.notBeforeMs, Math.min(...waiting));
    if (dueMs > nowMs) {
      lane.cancel = clock.after(dueMs - nowMs, () => attend(lane));
      return;
    }
    const job = next(lane, nowMs);
    const message = job?.pending[0];
    if (job === undefined || message === undefined) return;
    lane.sending = send(lane, job, message).finally(() => {
      lane.sending = undefined;
      attend(lane);
    });
  }

  async function send(lane: Lane, job: Job, message: Message): Promise<void> {
    if (clock.now() - Date.parse(message.at) > TOO_OLD_MS) {
      drop(job, message, "it tells of something more than a day ago");
      return;
    }
    // It goes out as it is now: what is offered meanwhile must not take its place.
    const outcome = await deliver(job.channel, message, job.thread).catch(
      (error: unknown): Outcome => ({ kind: "refused", why: `it cannot be made: ${(error as Error).name}` }),
    );
    lane.notBeforeMs = clock.monotonic() + SPACING_MS;
    settle(lane, job, message, outcome);
  }

  /** What a bot shows of the run has changed; the message itself comes next. */
  function keep(lane: Lane, job: Job, thread: Thread | undefined): void {
    const isNew = thread !== undefined && thread.ts !== job.thread?.ts;
    job.thread = thread;
    if (isNew) {
      job.recorded = false;
      options.onNews(job.rollout);
    } else if (thread === undefined) {
      // Made anew; with patience, should every one of them be lost.
      job.tries += 1;
      lane.notBeforeMs = clock.monotonic() + Math.max(SPACING_MS, retryMs(job.tries - 1));
      log.warn({ rollout: job.rollout, channel: job.channel.name }, "the run's message is gone: it is made anew");
      if (job.tries >= TRIES_BEFORE_FAILURE)
        options.onFailure(job, "the run's message is gone each time that it is made");
    }
  }

  function settle(lane: Lane, job: Job, message: Message, outcome: Outcome): void {
    const about = { rollout: job.rollout, channel: job.channel.name, event: message.event };
    if (outcome.kind === "part") {
      keep(lane, job, outcome.thread);
      return;
    }
    if (outcome.kind === "sent") {
      log.debug(about, "told");
      onOutcome({ kind: job.kind, outcome: "sent" });
      finish(job, message, false);
      options.onFailure(job, undefined);
      options.onNews(job.rollout);
      return;
    }
    if (signal.aborted) return;
    job.tries += 1;
    onOutcome({ kind: job.kind, outcome: "failed" });
    log.warn({ ...about, tries: job.tries, why: outcome.why }, "people could not be told");
    const passing = outcome.kind === "later";
    if (!passing || job.tries >= TRIES_BEFORE_FAILURE) options.onFailure(job, outcome.why);
    if (passing) {
      // The receiver as a whole has trouble, or says that it is asked too much.
      lane.notBeforeMs = clock.monotonic() + Math.max(outcome.afterMs ?? 0, SPACING_MS, retryMs(job.tries - 1));
    } else if (message.progress) {
      drop(job, message, outcome.why);
    } else {
      job.notBeforeMs = clock.monotonic() + REFUSED_MS;
    }
  }

  return {
    offer(job, pending) {
      setPending(job, pending);
      const oldest = progressing.size > MOST_WAITING ? progressing.values().next().value : undefined;
      const message = oldest?.pending[0];
      if (oldest !== undefined && message !== undefined) drop(oldest, message, `more than ${MOST_WAITING} wait`);
      attend(laneOf(job));
    },
    async stop() {
      stopped = true;
      for (const lane of lanes.values()) lane.cancel();
      await Promise.all([...lanes.values()].flatMap(({ sending }) => sending ?? []));
    },
  };
}
