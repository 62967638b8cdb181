import { SEVERITIES, type Channel, type Notified } from "../api/notifications.ts";
import type { Message } from "./message.ts";

/** The last message that a channel took. */
export interface Cursor {
  readonly key: string;
  readonly at: string;
}

/** What a run's status remembers of a channel; nothing is taken while only the run's message was made. */
export function cursorOf(record: Notified | undefined): Cursor | undefined {
  const { key, at } = record ?? {};
  return key === undefined || at === undefined ? undefined : { key, at };
}

/** What of a run's messages a channel has still to be told, in order; progress that a later message makes needless is left out. */
export function dueMessages(
  messages: readonly Message[],
  channel: Pick<Channel, "minSeverity" | "events">,
  after: Cursor | undefined,
): Message[] {
  return collapse(later(messages, after).filter((message) => isWanted(message, channel)));
}

/** `messages` without the progress that something later follows. */
export function collapse(messages: readonly Message[]): Message[] {
  return messages.filter((message, index) => !message.progress || index === messages.length - 1);
}

function later(messages: readonly Message[], after: Cursor | undefined): readonly Message[] {
  if (after === undefined) return messages;
  const index = messages.findIndex(({ key }) => key === after.key);
  if (index >= 0) return messages.slice(index + 1);
  // The record of a long run loses its beginning; and failed checks are replaced by others, or by the start.
  const afterMs = Date.parse(after.at);
  return messages.filter(({ event, at }) => event === "PreflightFailed" || Date.parse(at) > afterMs);
}

/** Whether a channel asked for what presses as much as this, and for this event. */
export function isWanted(
  { severity, event }: Message,
  { minSeverity, events }: Pick<Channel, "minSeverity" | "events">,
): boolean {
  const presses = SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(minSeverity);
  return presses && (events.length === 0 || events.includes(event));
}
