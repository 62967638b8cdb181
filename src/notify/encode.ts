import type { Channel } from "../api/notifications.ts";
import type { Message } from "./message.ts";
import type { PostRequest } from "./post.ts";
import { slackBody, slackPlainBody } from "./slack.ts";
import { headlineOf } from "./template.ts";

export interface SecretRef {
  name: string;
  key: string;
  from: "Controller" | "Rollout";
}

/** The keys of a Secret, as text. */
export type SecretData = Readonly<Record<string, string>>;

/** What a channel is called in logs and metrics. */
export type ChannelKind = "slack";

export function kindOf(channel: Channel): ChannelKind {
  if (channel.slack !== undefined) return "slack";
  throw new TypeError(`channel ${channel.name} has no kind; the schema should have refused it`);
}

/** The Secret that everything secret about a channel comes from: one, so that a URL of one place never meets the token of another. */
export function secretRefOf(channel: Channel): SecretRef {
  if (channel.slack !== undefined) return channel.slack.secretRef;
  throw new TypeError(`channel ${channel.name} has no kind; the schema should have refused it`);
}

/** The requests that tell a message, the best form first: the next is tried when the receiver cannot read the one before. */
export function encode(channel: Channel, message: Message, url: string): readonly PostRequest[] {
  const headline = headlineOf(message, channel.template);
  const json = (body: object): PostRequest => ({
    url,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  switch (kindOf(channel)) {
    case "slack":
      return [json(slackBody(message, headline)), json(slackPlainBody(message, headline))];
  }
}
