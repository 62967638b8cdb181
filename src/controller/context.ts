import type { Clock } from "../clock.ts";
import type { LateWrites } from "../kube/late-writes.ts";
import type { Log } from "../kube/log.ts";
import type { OwnWrites } from "../kube/own-writes.ts";
import type { KubeApi } from "../kube/port.ts";
import type { Notifier } from "../notify/notifier.ts";
import type { Caches } from "./caches.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { EvidenceBook } from "./evidence.ts";
import type { PreflightDesk } from "./preflight.ts";
import type { RemarkBook } from "./remarks.ts";
import type { IstioResources } from "./resources.ts";
import type { SettleTracker } from "./settle-tracker.ts";
import type { Telemetry } from "./telemetry.ts";

/** What every pass works with; made once for a term of leadership. */
export interface Context {
  /** Fenced by leadership; remembers its own writes. */
  api: KubeApi;
  caches: Caches;
  ownWrites: OwnWrites;
  clock: Clock;
  log: Log;
  istio: IstioResources;
  /** How Deployments are held in this cluster; looked up again now and then. */
  hold(): "policy" | "pause";
  evidence: EvidenceBook;
  preflight: PreflightDesk;
  settle: SettleTracker;
  events: EventRecorder;
  /** What is to be noted in a run's record, beside what is decided about it. */
  remarks: RemarkBook;
  /** Tells people through the channels that a run has. */
  notifier: Notifier;
  telemetry: Telemetry;
  /** Names this process in what it writes. */
  identity: string;
  lateWrites: LateWrites;
  /** What this process has itself written of each run, by UID: its right to expose more (machine rule 7). */
  persisted: Map<string, string>;
}
