import type { Channel, Notified } from "../api/notifications.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../kube/log.ts";
import { type Deliver, secretPlace } from "./deliver.ts";
import { collapse, cursorOf, dueMessages, isWanted } from "./due.ts";
import { kindOf, receiverOf } from "./encode.ts";
import { createLanes, type Job } from "./lanes.ts";
import type { Message, ToldRun } from "./message.ts";
import { standingOf } from "./standing.ts";
import { messagesOf, type SeriesOf } from "./tell.ts";

/** Tells people what runs do, beside the pass and never in its way. */
export interface Notifier {
  /**
   * Compares what the runs of a Rollout, all that there are, have to tell by their persisted statuses with what their channels took, and
   * sends what is due. Returns at once.
   */
  look(rollout: string, runs: readonly ToldRun[], look?: Look): void;
  /** The record of a run of this Rollout with what was sent since; the same array when there is nothing to add. */
  recorded(rollout: string, runUid: string, notified: Notified[]): Notified[];
  /** Which channels of this Rollout fail, and why; undefined when none does. */
  failing(rollout: string): string | undefined;
  /** The Rollout is gone: what waits is still sent, and then forgotten. */
  forget(rollout: string): void;
  /** Lets what is being sent end, and sends nothing more. */
  stop(): Promise<void>;
}

export interface Look {
  /** @default no numbers */
  seriesOf?: (run: ToldRun) => SeriesOf;
  /** Users are on what Git has, and no run is under way: how the newest run ended is history. @default false */
  isAtRest?: boolean;
}

export interface NotifierOptions {
  deliver: Deliver;
  clock: Clock;
  log: Log;
  /** Milliseconds to wait before try number `attempt`, jittered. */
  retryMs: (attempt: number) => number;
  /** Where the controller's own Secrets are. */
  ownNamespace: string;
  /** Leadership: another may be telling already once it is aborted. */
  signal: AbortSignal;
  /** There is something to record, or a channel began or ceased to fail: the Rollout's pass should run. */
  onNews(rollout: string): void;
  onOutcome(outcome: { kind: string; outcome: "sent" | "failed" | "dropped" }): void;
}

export function createNotifier(options: NotifierOptions): Notifier {
  /**
   * By Rollout, then by the run's UID and the channel's name. They stay while the run does: a cache may show a record from before the
   * last message.
   */
  const jobs = new Map<string, Map<string, Job>>();
  const failures = new Map<string, Map<string, string>>();
  const lanes = createLanes({ ...options, onFailure });

  function onFailure(job: Job, why: string | undefined): void {
    const of = failures.get(job.rollout) ?? new Map<string, string>();
    const before = of.get(job.channel.name);
    if (before === why) return;
    if (why === undefined) of.delete(job.channel.name);
    else of.set(job.channel.name, why);
    if (of.size === 0) failures.delete(job.rollout);
    else failures.set(job.rollout, of);
    options.onNews(job.rollout);
  }

  function lookAt(
    rollout: string,
    run: ToldRun,
    channel: Channel,
    messages: readonly Message[],
    standing: Message | undefined,
  ): void {
    const record = recordFor(run.status.notified, channel);
    const id = `${run.uid} ${channel.name}`;
    const ofRollout = jobs.get(rollout) ?? new Map<string, Job>();
    let job = ofRollout.get(id);
    if (job !== undefined) job.isGone = false;
    if (job !== undefined && saysAll(record, job)) job.recorded = true;
    // An alert is what a run's state is: what happens beside its way neither raises nor resolves it.
    const repeats = channel.alertmanager !== undefined;
    const told = repeats ? messages.filter(({ aside }) => !aside) : messages;
    const held = repeats && standing !== undefined && isWanted(standing, channel) ? standing : undefined;
    const due = dueMessages(told, channel, job?.cursor ?? cursorOf(record));
    if (job === undefined) {
      if (due.length === 0 && held === undefined) return;
      job = newJob(rollout, run, channel, record, options.ownNamespace);
      jobs.set(rollout, ofRollout.set(id, job));
    }
    lanes.offer(job, merged(job.pending, due));
    if (repeats) lanes.hold(job, held);
  }

  return {
    look(rollout, runs, { seriesOf = () => () => [], isAtRest = false } = {}) {
      const newest = Math.max(...runs.map(({ spec }) => spec.ordinal));
      const uids = new Set(runs.map(({ uid }) => uid));
      // Oldest first: of two runs that end and begin, the end is told before the beginning.
      for (const run of runs.toSorted((a, b) => a.spec.ordinal - b.spec.ordinal)) {
        const channels = run.spec.plan.notifications;
        if (channels.length === 0) continue;
        const messages = messagesOf(run, seriesOf(run));
        const standing = standingOf(run, messages, { isNewest: run.spec.ordinal === newest, isOver: isAtRest });
        for (const channel of channels) lookAt(rollout, run, channel, messages, standing);
      }
      const ofRollout = jobs.get(rollout);
      for (const [id, job] of ofRollout ?? []) {
        if (uids.has(job.run)) continue;
        lanes.release(job);
        // Should only the cache have lost the run for a while, it goes on with the same job.
        if (job.pending.length === 0) ofRollout?.delete(id);
      }
    },
    recorded(rollout, runUid, notified) {
      const news = [...(jobs.get(rollout)?.values() ?? [])]
        .filter(({ run, cursor, thread }) => run === runUid && (cursor ?? thread) !== undefined)
        .filter((job) => !saysAll(recordFor(notified, job.channel), job));
      if (news.length === 0) return notified;
      const others = notified.filter((entry) => !news.some(({ channel }) => channel.name === entry.channel));
      return [...others, ...news.map(recordOf)];
    },
    failing(rollout) {
      const of = failures.get(rollout);
      return of === undefined ? undefined : [...of].map(([name, why]) => `channel ${name}: ${why}`).join("; ");
    },
    forget(rollout) {
      failures.delete(rollout);
      for (const job of jobs.get(rollout)?.values() ?? []) lanes.release(job);
      jobs.delete(rollout);
    },
    stop: lanes.stop,
  };
}

function recordFor(notified: readonly Notified[], channel: Channel): Notified | undefined {
  return notified.find((entry) => entry.channel === channel.name);
}

function recordOf({ channel, cursor, thread }: Job): Notified {
  return { channel: channel.name, ...cursor, ...(thread === undefined ? {} : { ts: thread.ts }) };
}

function saysAll(record: Notified | undefined, job: Job): boolean {
  return record?.key === job.cursor?.key && record?.ts === job.thread?.ts;
}

function newJob(
  rollout: string,
  run: ToldRun,
  channel: Channel,
  record: Notified | undefined,
  ownNamespace: string,
): Job {
  const { namespace, name, key } = secretPlace(channel, run.namespace, ownNamespace);
  return {
    rollout,
    run: run.uid,
    channel,
    kind: kindOf(channel),
    lane: `${namespace}/${name}/${key}/${receiverOf(channel)}`,
    pending: [],
    cursor: cursorOf(record),
    thread: record?.ts === undefined ? undefined : { ts: record.ts, shows: undefined },
    recorded: true,
    isGone: false,
    notBeforeMs: 0,
    tries: 0,
    repeats: channel.alertmanager !== undefined,
    raised: undefined,
  };
}

/**
 * `due`, but a message that was made before stays as it was: it has the numbers of its time. One that is no longer in the run's own record
 * is kept, unless it was progress.
 */
function merged(pending: readonly Message[], due: readonly Message[]): Message[] {
  const known = new Map(pending.map((message) => [message.key, message]));
  const fallen = pending.filter(({ key, progress }) => !progress && !due.some((message) => message.key === key));
  return collapse([...fallen, ...due.map((message) => known.get(message.key) ?? message)]);
}
