import { type Clock, delay } from "../clock.ts";
import type { Notice } from "../engine/notice.ts";
import { backoffMs } from "../kube/backoff.ts";
import { isAlreadyExists, isPassing } from "../kube/errors.ts";
import type { Log } from "../kube/log.ts";
import type { KubeApi, KubeObject } from "../kube/port.ts";
import { events } from "../kube/resources.ts";
import { objectName } from "../workload/names.ts";

/** Tells people through Kubernetes Events, beside the pass and never in its way. */
export interface EventRecorder {
  /** Each id is told once for each object, whatever crashes between. */
  tell(about: KubeObject, notices: readonly Notice[]): void;
  /** Resolves when everything told so far has been sent or given up. */
  drained(): Promise<void>;
}

const MOST_WAITING = 1000;
const LONGEST_NOTE = 1000;
/** Over some ten seconds. */
const MOST_TRIES = 5;

/** `api` without the leadership fence would tell twice; with it, the next leader tells what this one could not. */
export function createEventRecorder(options: {
  api: KubeApi;
  clock: Clock;
  log: Log;
  instance: string;
}): EventRecorder {
  const { api, clock, log } = options;
  const waiting: KubeObject[] = [];
  let sending: Promise<void> | undefined;
  /** The process ends: no more patience. */
  const ending = new AbortController();

  /** An API server in trouble is given some time: what people are not told in the hour of trouble they miss most. */
  async function write(event: KubeObject): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await api.create(events, event);
        return;
      } catch (error) {
        if (isAlreadyExists(error)) return;
        if (!isPassing(error) || tries === MOST_TRIES || ending.signal.aborted) {
          log.warn({ event: event.metadata.name, err: error, tries }, "an Event could not be written");
          return;
        }
        await delay(clock, backoffMs(tries, 0.5, { minMs: 250, maxMs: 4_000 }), ending.signal).catch(() => {});
      }
    }
  }

  async function send(): Promise<void> {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      await write(event);
    }
    sending = undefined;
  }

  return {
    tell(about, notices) {
      for (const notice of notices) {
        log.info(
          { event: notice.reason, type: notice.type, object: about.metadata.name, namespace: about.metadata.namespace },
          notice.message,
        );
        if (waiting.length >= MOST_WAITING)
          log.warn({ dropped: notice }, "too many Events wait to be written: this one is only in the log");
        else waiting.push(eventOf(about, notice, clock.now(), options.instance));
      }
      if (waiting.length > 0) sending ??= send();
    },
    async drained() {
      ending.abort();
      while (sending !== undefined) await sending;
    },
  };
}

function eventOf(about: KubeObject, notice: Notice, nowMs: number, instance: string): KubeObject {
  const { name, namespace = "default", uid, resourceVersion } = about.metadata;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    // A command's id, which somebody chose, is part of it.
    metadata: { name: objectName(`${notice.id}.${(uid ?? "").slice(0, 8)}`), namespace },
    // MicroTime: Go refuses milliseconds.
    eventTime: new Date(nowMs).toISOString().replace("Z", "000Z"),
    type: notice.type,
    reason: notice.reason,
    action: notice.reason,
    note: notice.message.length > LONGEST_NOTE ? `${notice.message.slice(0, LONGEST_NOTE - 1)}…` : notice.message,
    regarding: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name,
      namespace,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    reportingController: "sluice.dev/controller",
    reportingInstance: instance.slice(0, 128),
  };
}
