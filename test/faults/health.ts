/** Whether the controller can work at all: what it promises in seconds, it promises only while it can. */
export interface Health {
  /** Goes on by `ms`, in the condition that the parts are in. */
  pass(ms: number): void;
  /** For how long everything has been well, up to now. */
  wellForMs(): number;
  /** How long everything was well since a moment, in all. The moment: what `mark()` gave then. */
  mark(): number;
  sinceMs(mark: number): number;
}

export interface Parts {
  controllerWorks(): boolean;
  apiFaults(): boolean;
  watchesLate(): boolean;
}

/** A pass that failed again and again waits up to half a minute for its next try. */
const API_PATIENCE_MS = 31_000;
const START_MS = 2_000;

export function createHealth(parts: Parts): Health {
  let nowMs = 0;
  let badUntilMs = 0;
  let wellForMs = 0;
  let totalMs = 0;
  return {
    pass(ms) {
      nowMs += ms;
      if (!parts.controllerWorks() || parts.watchesLate()) badUntilMs = Math.max(badUntilMs, nowMs + START_MS);
      if (parts.apiFaults()) badUntilMs = Math.max(badUntilMs, nowMs + API_PATIENCE_MS);
      if (nowMs < badUntilMs) {
        wellForMs = 0;
        return;
      }
      wellForMs += ms;
      totalMs += ms;
    },
    wellForMs: () => wellForMs,
    mark: () => totalMs,
    sinceMs: (mark) => totalMs - mark,
  };
}
