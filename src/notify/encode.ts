import type { Channel } from "../api/notifications.ts";
import { alertsOf } from "./alertmanager.ts";
import type { Message } from "./message.ts";
import type { PostRequest } from "./post.ts";
import { slackBody, slackPlainBody } from "./slack.ts";
import { teamsBody } from "./teams.ts";
import { headlineOf } from "./template.ts";
import { cloudEvent, signature } from "./webhook.ts";

export interface SecretRef {
  name: string;
  key: string;
  from: "Controller" | "Rollout";
}

/** The keys of a Secret, as text. */
export type SecretData = Readonly<Record<string, string>>;

/** What a channel is called in logs and metrics. */
export type ChannelKind = "slack" | "teams" | "webhook" | "alertmanager";

interface Described {
  kind: ChannelKind;
  secretRef: SecretRef;
}

/** A channel's kind, and the Secret that everything secret about it comes from: one, so that a URL of one place never meets the key of another. */
function describe({ name, slack, teams, webhook, alertmanager }: Channel): Described {
  if (slack !== undefined) return { kind: "slack", ...slack };
  if (teams !== undefined) return { kind: "teams", ...teams };
  if (webhook !== undefined) return { kind: "webhook", ...webhook };
  if (alertmanager !== undefined) return { kind: "alertmanager", ...alertmanager };
  throw new TypeError(`channel ${name} has no kind; the schema should have refused it`);
}

export function kindOf(channel: Channel): ChannelKind {
  return describe(channel).kind;
}

export function secretRefOf(channel: Channel): SecretRef {
  return describe(channel).secretRef;
}

/** The requests that tell a message, the best form first: the next is tried when the receiver cannot read the one before. */
export function encode(channel: Channel, message: Message, url: string, secret: SecretData): readonly PostRequest[] {
  const headline = headlineOf(message, channel.template);
  const json = (body: object): PostRequest => ({
    url,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  switch (kindOf(channel)) {
    case "slack":
      return [json(slackBody(message, headline)), json(slackPlainBody(message, headline))];
    case "teams":
      return [json(teamsBody(message, headline))];
    case "webhook":
      return [event(url, JSON.stringify(cloudEvent(message, headline)), secret["signingKey"]?.trim())];
    case "alertmanager":
      return [alerts(url, json(alertsOf(message, headline)), secret["token"]?.trim())];
  }
}

function alerts(url: string, request: PostRequest, token: string | undefined): PostRequest {
  const headers = token === undefined || token === "" ? {} : { authorization: `Bearer ${token}` };
  return { ...request, url: `${url.replace(/\/+$/, "")}/api/v2/alerts`, headers: { ...request.headers, ...headers } };
}

function event(url: string, body: string, signingKey: string | undefined): PostRequest {
  const signed = signingKey === undefined || signingKey === "" ? {} : { "x-signature": signature(body, signingKey) };
  return { url, headers: { "content-type": "application/cloudevents+json; charset=UTF-8", ...signed }, body };
}
