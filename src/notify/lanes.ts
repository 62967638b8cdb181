import type { Channel } from "../api/notifications.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../kube/log.ts";
import type { Deliver } from "./deliver.ts";
import type { Cursor } from "./due.ts";
import type { Message } from "./message.ts";
import type { Outcome, Thread } from "./outcome.ts";
import { againAtMs, holding, type Raised, raisedBy, toldAgain } from "./raised.ts";

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
  /** The run is gone: nobody records any more, and nobody says what stands. */
  isGone: boolean;
  notBeforeMs: number;
  tries: number;
  /** What presses is told again while it stands, and its end is told: alerts are. */
  readonly repeats: boolean;
  raised: Raised | undefined;
}

export interface Lanes {
  /** What a job has to send from now on. */
  offer(job: Job, pending: readonly Message[]): void;
  /** What stands of a job that repeats; undefined: nothing any more. */
  hold(job: Job, standing: Message | undefined): void;
  /** The job's run is gone: what waits is sent, and what stands is ended. */
  release(job: Job): void;
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
/** A receiver that asks for more is asked again all the same: one wrong header must not silence it for good. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;
/** Nobody wants to be told of it any more. */
const TOO_OLD_MS = 24 * 3_600_000;
/** In a row, before a passing failure is called one. */
const TRIES_BEFORE_FAILURE = 3;
const MOST_WAITING = 1_000;

interface Lane {
  /** Those that have something to send, or to tell again. */
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
  /** Monotonic milliseconds of when a message was first offered: a wall clock that jumps makes nothing old. */
  const seenMs = new WeakMap<Message, number>();
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
    for (const message of pending) if (!seenMs.has(message)) seenMs.set(message, clock.monotonic());
    place(job);
    if (pending[0]?.progress === true) progressing.add(job);
    else progressing.delete(job);
  }

  function place(job: Job): void {
    const { jobs } = laneOf(job);
    if (job.pending.length === 0 && job.raised === undefined) jobs.delete(job);
    else jobs.add(job);
  }

  function setRaised(job: Job, raised: Raised | undefined): void {
    job.raised = raised;
    place(job);
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

  /** From when on a job may be served; undefined: something else has to happen first. */
  function dueOf({ pending, recorded, isGone, notBeforeMs, raised }: Job): number | undefined {
    if (pending.length > 0) return recorded || isGone ? notBeforeMs : undefined;
    return raised === undefined ? undefined : againAtMs(raised);
  }

  /** What presses goes first, then what has waited longest, and last what is told again; within a run the order stays. */
  function next(lane: Lane, nowMs: number): Job | undefined {
    const ready = [...lane.jobs].filter((job) => (dueOf(job) ?? Number.POSITIVE_INFINITY) <= nowMs);
    const rank = ({ pending: [message] }: Job) =>
      message === undefined ? "2" : `${message.progress ? 1 : 0} ${message.at}`;
    return ready.toSorted((a, b) => rank(a).localeCompare(rank(b)) || (dueOf(a) ?? 0) - (dueOf(b) ?? 0))[0];
  }

  function attend(lane: Lane): void {
    if (stopped || signal.aborted || lane.sending !== undefined) return;
    lane.cancel();
    const nowMs = clock.monotonic();
    const waiting = [...lane.jobs].map(dueOf).filter((dueMs) => dueMs !== undefined);
    if (waiting.length === 0) return;
    const dueMs = Math.max(lane.notBeforeMs, Math.min(...waiting));
    if (dueMs > nowMs) {
      lane.cancel = clock.after(dueMs - nowMs, () => attend(lane));
      return;
    }
    const job = next(lane, nowMs);
    if (job === undefined) return;
    lane.sending = serve(lane, job).finally(() => {
      lane.sending = undefined;
      attend(lane);
    });
  }

  async function serve(lane: Lane, job: Job): Promise<void> {
    const [message] = job.pending;
    if (message !== undefined) await send(lane, job, message);
    else if (job.raised !== undefined) await repeat(lane, job, job.raised);
  }

  async function send(lane: Lane, job: Job, message: Message): Promise<void> {
    const nowMs = clock.monotonic();
    if (nowMs - (seenMs.get(message) ?? nowMs) > TOO_OLD_MS) {
      drop(job, message, "it has waited for more than a day");
      return;
    }
    // It goes out as it is now: what is offered meanwhile must not take its place.
    const outcome = await tryOnce(lane, job, message);
    settle(lane, job, message, outcome);
  }

  async function tryOnce(lane: Lane, job: Job, message: Message): Promise<Outcome> {
    const outcome = await deliver(job.channel, message, job.thread).catch(
      (error: unknown): Outcome => ({ kind: "refused", why: `it cannot be made: ${(error as Error).name}` }),
    );
    lane.notBeforeMs = clock.monotonic() + SPACING_MS;
    return outcome;
  }

  async function repeat(lane: Lane, job: Job, raised: Raised): Promise<void> {
    const outcome = await tryOnce(lane, job, raised.message);
    // Another may stand by now.
    const isSame = job.raised === raised;
    if (outcome.kind === "sent") {
      job.tries = 0;
      onOutcome({ kind: job.kind, outcome: "sent" });
      options.onFailure(job, undefined);
      if (isSame) setRaised(job, toldAgain(raised, clock.monotonic()));
    } else if (outcome.kind !== "part" && !signal.aborted) {
      failed(lane, job, raised.message, outcome);
      // A passing failure is over when the lane says so; what somebody has to mend is looked at again later.
      if (isSame && outcome.kind !== "later") setRaised(job, { ...raised, sentMs: clock.monotonic() });
    }
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
    if (outcome.kind === "part") {
      keep(lane, job, outcome.thread);
      return;
    }
    if (outcome.kind === "sent") {
      log.debug({ rollout: job.rollout, channel: job.channel.name, event: message.event }, "told");
      onOutcome({ kind: job.kind, outcome: "sent" });
      // Of a run that is gone nobody would end it: it lasts as long as the receiver remembers.
      if (job.repeats) job.raised = job.isGone ? undefined : raisedBy(message, clock.monotonic());
      finish(job, message, false);
      options.onFailure(job, undefined);
      options.onNews(job.rollout);
      return;
    }
    if (signal.aborted) return;
    failed(lane, job, message, outcome);
    if (outcome.kind === "later") return;
    if (message.progress) drop(job, message, outcome.why);
    else job.notBeforeMs = clock.monotonic() + REFUSED_MS;
  }

  function failed(
    lane: Lane,
    job: Job,
    { event }: Message,
    outcome: Exclude<Outcome, { kind: "sent" | "part" }>,
  ): void {
    job.tries += 1;
    onOutcome({ kind: job.kind, outcome: "failed" });
    const about = { rollout: job.rollout, channel: job.channel.name, event, tries: job.tries, why: outcome.why };
    log.warn(about, "people could not be told");
    const passing = outcome.kind === "later";
    if (!passing || job.tries >= TRIES_BEFORE_FAILURE) options.onFailure(job, outcome.why);
    // The receiver as a whole has trouble, or says that it is asked too much.
    if (passing) {
      const askedMs = Math.min(outcome.afterMs ?? 0, LONGEST_RETRY_AFTER_MS);
      lane.notBeforeMs = clock.monotonic() + Math.max(askedMs, SPACING_MS, retryMs(job.tries - 1));
    }
  }

  function hold(job: Job, standing: Message | undefined): void {
    const raised = holding(job.raised, standing, new Date(clock.now()).toISOString());
    if (raised !== job.raised) setRaised(job, raised);
    attend(laneOf(job));
  }

  return {
    hold,
    offer(job, pending) {
      setPending(job, pending);
      const oldest = progressing.size > MOST_WAITING ? progressing.values().next().value : undefined;
      const message = oldest?.pending[0];
      if (oldest !== undefined && message !== undefined) drop(oldest, message, `more than ${MOST_WAITING} wait`);
      attend(laneOf(job));
    },
    release(job) {
      job.isGone = true;
      hold(job, undefined);
    },
    async stop() {
      stopped = true;
      for (const lane of lanes.values()) lane.cancel();
      await Promise.all([...lanes.values()].flatMap(({ sending }) => sending ?? []));
    },
  };
}
