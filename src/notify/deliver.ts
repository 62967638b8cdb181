import type { Channel } from "../api/notifications.ts";
import type { Clock } from "../clock.ts";
import { encode, kindOf, secretRefOf, type SecretData } from "./encode.ts";
import type { Message } from "./message.ts";
import type { Outcome, Thread } from "./outcome.ts";
import type { Post } from "./post.ts";
import { redact } from "./redact.ts";

/** What reading a Secret comes to. */
export type SecretRead =
  | { kind: "read"; data: SecretData }
  /** It is not there, or may not be read; `why` says which, and what to do. */
  | { kind: "refused"; why: string }
  /** Nobody could say. */
  | { kind: "unknown"; why: string };

export type ReadSecret = (ref: { namespace: string; name: string }) => Promise<SecretRead>;

/**
 * Sends one message once, or what comes next of one that takes several requests. Never rejects; what it gives names no secret. `thread`:
 * what a bot's channel shows of the run already.
 */
export type Deliver = (channel: Channel, message: Message, thread?: Thread) => Promise<Outcome>;

export interface DeliverOptions {
  post: Post;
  readSecret: ReadSecret;
  /** Where Secrets of the controller are. */
  ownNamespace: string;
  clock: Clock;
  /** Ends what is under way. */
  signal: AbortSignal;
}

/** Where a channel's Secret is. */
export function secretPlace(channel: Channel, rolloutNamespace: string, ownNamespace: string) {
  const { name, key, from } = secretRefOf(channel);
  return { namespace: from === "Rollout" ? rolloutNamespace : ownNamespace, name, key };
}

/** Reads the Secret anew for each message: a URL that was replaced is in use at once. */
export function createDeliver({ post, readSecret, ownNamespace, clock, signal }: DeliverOptions): Deliver {
  return async (channel, message, thread) => {
    const place = secretPlace(channel, message.namespace, ownNamespace);
    const named = `Secret ${place.namespace}/${place.name}`;
    const secret = await readSecret(place);
    if (secret.kind === "unknown") return { kind: "later", why: `${named}: ${secret.why}`, afterMs: undefined };
    if (secret.kind === "refused") return { kind: "refused", why: `${named}: ${secret.why}` };
    const value = secret.data[place.key]?.trim();
    if (value === undefined || value === "") {
      const keys = Object.keys(secret.data).join(", ") || "none";
      const what = kindOf(channel) === "slackBot" ? "bot token" : "URL";
      return { kind: "refused", why: `${named} has no key ${place.key} with the ${what}; it has: ${keys}` };
    }
    const held = { key: place.key, value, data: secret.data };
    const telling = encode(channel, message, held, { thread, nowMs: clock.now() });
    if (typeof telling === "string") return { kind: "refused", why: `${named}, ${telling}` };
    const secrets = Object.values(secret.data).map((value) => value.trim());
    const hide = (text: string) => redact(text, secrets);
    let outcome: Outcome = { kind: "sent" };
    for (const request of telling.requests) {
      outcome = telling.outcomeOf(await post(request, signal), hide);
      if (outcome.kind !== "unreadable") break;
    }
    return "why" in outcome ? { ...outcome, why: hide(outcome.why) } : outcome;
  };
}
