import { remarkOf } from "../api/remark.ts";
import type { TransitionRecord, RunSpec, RunStatus } from "../api/run.ts";
import type { Phase } from "../api/phase.ts";
import type { EngineEvent } from "./event.ts";
import { memoryOf, msOf, type Memory } from "./memory.ts";
import { describe } from "./message.ts";
import { windowNotice } from "./window-hold.ts";

/** Something that people are told once: a Kubernetes Event. */
export interface Notice {
  /** Makes the Event's name: the same thing has the same id after a crash. */
  id: string;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

export interface Transition {
  run: { name: string; spec: RunSpec };
  /** The one before in the record. */
  before: TransitionRecord | undefined;
  from: Phase;
  to: Phase;
  event: EngineEvent;
  /** As it is after the transition. */
  memory: Memory;
}

/** What people are told of a transition; undefined where it is housekeeping. */
export function noticeOf({ run, before, from, to, event, memory }: Transition): Notice | undefined {
  const told = describe(from, to, event, memory, run.spec.plan);
  if (told === undefined) return undefined;
  // Named after the transition before, which is persisted: after a crash the same thing gets the same name, and is told once.
  const after = (msOf(before?.at) ?? 0).toString(36);
  return { id: `${run.name}.${after}.${from}.${to}`.toLowerCase(), ...told };
}

/**
 * What the pass that moved the run last had to tell. Events are sent after the status is written: a process that died in between has
 * told nobody, so the next one tells it again, by the same ids.
 */
export function lastTold(run: { name: string; spec: RunSpec; status: RunStatus }): Notice[] {
  const { transitions } = run.status;
  const at = transitions.at(-1)?.at;
  const memory = memoryOf(run.status);
  const waits = windowNotice(run) ?? [];
  return transitions
    .flatMap((record, index) => {
      // A remark has an Event of its own, by another name.
      if (record.at !== at || remarkOf(record) !== undefined) return [];
      const event: EngineEvent = {
        type: record.event as EngineEvent["type"],
        message: record.message ?? "",
        nowMs: msOf(record.at) ?? 0,
        ...(record.by === undefined ? {} : { command: { id: "", by: record.by } }),
      };
      const [from, to] = [record.from as Phase, record.to as Phase];
      return noticeOf({ run, before: transitions[index - 1], from, to, event, memory }) ?? [];
    })
    .concat(waits);
}
