/** What the controller tells its surroundings about itself. The server turns it into metrics; tests listen to it. */
export interface Telemetry {
  passed(key: string, durationMs: number, outcome: "ok" | "error"): void;
  /** How a rollout stands after a pass. */
  stands(standing: {
    namespace: string;
    rollout: string;
    run: string;
    phase: string;
    weightPercent: number;
    row: string;
  }): void;
  judged(verdict: {
    namespace: string;
    rollout: string;
    objective: string;
    verdict: string;
    eValue: number | undefined;
  }): void;
  /** A weight or label was found other than written, and corrected. */
  corrected(what: { namespace: string; rollout: string; field: "weight" | "labels" }): void;
  /** Nothing of this rollout is to be reported any more. */
  forgotten(namespace: string, rollout: string): void;
  /** A cache of this resource is kept from now on. */
  cached(resource: string): void;
  relisted(resource: string, misses: number): void;
  queried(server: string, durationMs: number, ok: boolean): void;
  /** A message to people was sent, could not be sent this time, or was given up. `kind` as in "slack". */
  notified(what: { kind: string; outcome: "sent" | "failed" | "dropped" }): void;
}

const nothing = () => {};

export const silentTelemetry: Telemetry = {
  passed: nothing,
  stands: nothing,
  judged: nothing,
  corrected: nothing,
  forgotten: nothing,
  cached: nothing,
  relisted: nothing,
  queried: nothing,
  notified: nothing,
};
