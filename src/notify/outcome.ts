import type { PostAnswer, PostRequest } from "./post.ts";
import { shorten } from "./shorten.ts";

/** Takes the secrets out of a text. Comes before any cut: of a secret that is cut off nobody would know the rest. */
export type Hide = (text: string) => string;

/** The message of a run that a Slack bot keeps up to date, and replies to. */
export interface Thread {
  /** Slack's name for it. */
  readonly ts: string;
  /** Key of the message that it shows; undefined when nobody remembers. */
  readonly shows: string | undefined;
}

/** What is to be done after a try. */
export type Outcome =
  | { kind: "sent" }
  /** One of several requests was made, and the next may follow. `thread`: what the channel shows of the run now; undefined: no longer anything. */
  | { kind: "part"; thread: Thread | undefined }
  /** The same may well succeed later. */
  | { kind: "later"; why: string; afterMs: number | undefined }
  /** The receiver refuses the message itself. */
  | { kind: "unreadable"; why: string }
  /** Nothing gets through until somebody mends it. */
  | { kind: "refused"; why: string };

/** One try at telling a message. */
export interface Telling {
  /** The best form first: the next is tried when the receiver cannot read the one before. */
  requests: readonly PostRequest[];
  outcomeOf: (answer: PostAnswer, hide: Hide) => Outcome;
}

const REMEDY: Readonly<Record<number, string>> = {
  401: "the credentials are not accepted",
  403: "the receiver does not allow it",
  404: "nobody is there: the webhook or the channel was removed",
  410: "the receiver is gone for good, as an archived channel is",
};

/** What an answer means. Every 4xx but 408 and 429 is final: the same request would be refused again. */
export function outcomeOf(answer: PostAnswer, hide: Hide): Exclude<Outcome, { kind: "part" }> {
  if (answer.kind === "failed") return { kind: "later", why: answer.message, afterMs: undefined };
  const { status, retryAfterMs, body } = answer;
  if (status >= 200 && status < 300) return { kind: "sent" };
  const said = shorten(hide(body), 200).trim();
  const why = `answered ${status}${said === "" ? "" : ` ${said}`}`;
  if (status === 429 || status === 408 || status >= 500) return { kind: "later", why, afterMs: retryAfterMs };
  if (status === 400 || status === 413 || status === 422) return { kind: "unreadable", why };
  const remedy = REMEDY[status] ?? (status < 400 ? "redirects are not followed: give the final URL" : "it is refused");
  return { kind: "refused", why: `${why} (${remedy})` };
}
