import type { NotificationEvent, Severity } from "../api/notifications.ts";
import type { RunSpec, RunStatus } from "../api/run.ts";

/** A run as messages are made of it: what is persisted, and nothing else. */
export interface ToldRun {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly spec: RunSpec;
  readonly status: RunStatus;
}

/** What an objective's numbers were, for people. */
export interface ObjectiveLine {
  readonly name: string;
  readonly verdict: "pass" | "breach" | "inconclusive";
  readonly text: string;
  /** Fractions of bad requests over time, oldest first; empty when nothing is remembered. */
  readonly series: readonly number[];
  readonly limitFraction: number | undefined;
}

/** One thing to tell, before it is put into the form that a receiver reads. */
export interface Message {
  /** Unique within its run, and the same after a restart: what makes a message sent twice recognizable. */
  readonly key: string;
  readonly event: NotificationEvent;
  readonly severity: Severity;
  /** What a later message makes needless. */
  readonly progress: boolean;
  /** It happened beside the run's way, and does not say where the run is. */
  readonly aside: boolean;
  /** RFC 3339: when it happened. */
  readonly at: string;
  readonly rollout: string;
  readonly namespace: string;
  readonly run: string;
  readonly runUid: string;
  /** A few words: "rolled back". */
  readonly title: string;
  /** A sentence, with the deciding numbers where there are any. */
  readonly why: string;
  /** The step that is being worked on. */
  readonly step: string;
  /** Percent of the users on the new version. */
  readonly weightPercent: number;
  readonly from: string;
  readonly to: string;
  readonly objectives: readonly ObjectiveLine[];
  /** What to type next, the most likely first. */
  readonly commands: readonly { readonly line: string; readonly effect: string }[];
}
