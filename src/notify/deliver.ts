import type { Channel } from "../api/notifications.ts";
import { encode, secretRefOf, type SecretData } from "./encode.ts";
import type { Message } from "./message.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
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

/** Sends one message once. Never rejects; what it gives names no secret. */
export type Deliver = (channel: Channel, message: Message) => Promise<Outcome>;

export interface DeliverOptions {
  post: Post;
  readSecret: ReadSecret;
  /** Where Secrets of the controller are. */
  ownNamespace: string;
  /** Ends what is under way. */
  signal: AbortSignal;
}

/** Where a channel's Secret is. */
export function secretPlace(channel: Channel, rolloutNamespace: string, ownNamespace: string) {
  const { name, key, from } = secretRefOf(channel);
  return { namespace: from === "Rollout" ? rolloutNamespace : ownNamespace, name, key };
}

/** Reads the Secret anew for each message: a URL that was replaced is in use at once. */
export function createDeliver({ post, readSecret, ownNamespace, signal }: DeliverOptions): Deliver {
  return async (channel, message) => {
    const place = secretPlace(channel, message.namespace, ownNamespace);
    const named = `Secret ${place.namespace}/${place.name}`;
    const secret = await readSecret(place);
    if (secret.kind === "unknown") return { kind: "later", why: `${named}: ${secret.why}`, afterMs: undefined };
    if (secret.kind === "refused") return { kind: "refused", why: `${named}: ${secret.why}` };
    const url = secret.data[place.key]?.trim();
    if (url === undefined || url === "") {
      const keys = Object.keys(secret.data).join(", ") || "none";
      return { kind: "refused", why: `${named} has no key ${place.key} with the URL; it has: ${keys}` };
    }
    if (!isHttp(url)) return { kind: "refused", why: `key ${place.key} of ${named}: expected an http or https URL` };
    const secrets = Object.values(secret.data).map((value) => value.trim());
    let outcome: Outcome = { kind: "sent" };
    for (const request of encode(channel, message, url, secret.data)) {
      outcome = outcomeOf(await post(request, signal));
      if (outcome.kind !== "unreadable") break;
    }
    return outcome.kind === "sent" ? outcome : { ...outcome, why: redact(outcome.why, secrets) };
  };
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
