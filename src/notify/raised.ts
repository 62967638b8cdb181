import type { Message } from "./message.ts";

/** What stands in a receiver that forgets what it is not told again, as far as this process knows. */
export interface Raised {
  readonly message: Message;
  /** Monotonic milliseconds of the last time; undefined: not by this process yet. */
  readonly sentMs: number | undefined;
  /** It is its end that is still to be told. */
  readonly isEnd: boolean;
}

/** Well within the hour that an alert lasts. A lane holds some hundreds of them at this pace. */
const AGAIN_MS = 300_000;

/**
 * After this message was told: one that says that all goes well has ended what stood. An abort is neither told again nor ended: whoever
 * did it knows, and it lasts as long as the receiver remembers.
 */
export function raisedBy(message: Message, nowMs: number): Raised | undefined {
  return message.severity === "Info" || message.event === "Aborted"
    ? undefined
    : { message, sentMs: nowMs, isEnd: false };
}

/** From when on it is to be told again, in monotonic milliseconds. */
export function againAtMs({ sentMs }: Raised): number {
  return sentMs === undefined ? 0 : sentMs + AGAIN_MS;
}

/** After it was told again; of an end nothing is left. */
export function toldAgain(raised: Raised, nowMs: number): Raised | undefined {
  return raised.isEnd ? undefined : { ...raised, sentMs: nowMs };
}

/** What is to stand by the run's status, in the place of what stood; the same where nothing has changed. `at`: RFC 3339, now. */
export function holding(raised: Raised | undefined, standing: Message | undefined, at: string): Raised | undefined {
  if (standing === undefined) {
    if (raised === undefined || raised.isEnd) return raised;
    return { message: { ...raised.message, severity: "Info", at }, sentMs: undefined, isEnd: true };
  }
  const isUp = raised?.isEnd === false && raised.message.key === standing.key;
  return isUp ? raised : { message: standing, sentMs: undefined, isEnd: false };
}
