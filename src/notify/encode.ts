import type { Channel } from "../api/notifications.ts";
import { alertsOf } from "./alertmanager.ts";
import type { Message } from "./message.ts";
import { outcomeOf, type Telling, type Thread } from "./outcome.ts";
import type { PostRequest } from "./post.ts";
import { slackBody, slackPlainBody } from "./slack.ts";
import { SLACK_API, tellByBot } from "./slack-bot.ts";
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
export type ChannelKind = "slack" | "slackBot" | "teams" | "webhook" | "alertmanager";

interface Described {
  kind: ChannelKind;
  secretRef: SecretRef;
}

/** A channel's kind, and the Secret that everything secret about it comes from: one, so that a URL of one place never meets the key of another. */
function describe({ name, slack, slackBot, teams, webhook, alertmanager }: Channel): Described {
  if (slack !== undefined) return { kind: "slack", secretRef: slack.secretRef };
  if (slackBot !== undefined) return { kind: "slackBot", secretRef: slackBot.secretRef };
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

/** Which of the receivers behind one Secret a channel means; empty where there is only one. */
export function receiverOf(channel: Channel): string {
  return channel.slackBot?.channel ?? "";
}

/**
 * How to tell a message, by what the Secret holds, under `key` the URL or the token; `thread` is what a bot's channel shows of the run
 * already. Gives a sentence when what the Secret holds cannot be used.
 */
export function encode(
  channel: Channel,
  message: Message,
  { key, value, data }: { key: string; value: string; data: SecretData },
  { thread, nowMs }: { thread: Thread | undefined; nowMs: number },
): Telling | string {
  const headline = headlineOf(message, channel.template);
  const kind = kindOf(channel);
  if (kind === "slackBot") {
    const apiUrl = data["apiUrl"]?.trim() || SLACK_API;
    if (!BOT_TOKEN.test(value)) return `key ${key}: expected a bot token, which begins with xoxb-`;
    if (!isHttp(apiUrl)) return `key apiUrl: expected an http or https URL, such as ${SLACK_API}`;
    return tellByBot({ channel: receiverOf(channel), token: value, apiUrl }, message, headline, thread);
  }
  if (!isHttp(value)) return `key ${key}: expected an http or https URL`;
  return { requests: requestsOf(kind, message, headline, { url: value, data, nowMs }), outcomeOf };
}

/** `xoxb-`, or `xoxe.xoxb-` where tokens are rotated. */
const BOT_TOKEN = /^(xoxe\.)?xoxb-[-A-Za-z0-9]+$/;

function requestsOf(
  kind: Exclude<ChannelKind, "slackBot">,
  message: Message,
  headline: string,
  { url, data, nowMs }: { url: string; data: SecretData; nowMs: number },
): readonly PostRequest[] {
  const json = (body: object): PostRequest => ({
    url,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  switch (kind) {
    case "slack":
      return [json(slackBody(message, headline)), json(slackPlainBody(message, headline))];
    case "teams":
      return [json(teamsBody(message, headline))];
    case "webhook":
      return [event(url, JSON.stringify(cloudEvent(message, headline)), data["signingKey"]?.trim())];
    case "alertmanager":
      return [alerts(url, json(alertsOf(message, headline, nowMs)), data["token"]?.trim())];
  }
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function alerts(url: string, request: PostRequest, token: string | undefined): PostRequest {
  const headers = token === undefined || token === "" ? {} : { authorization: `Bearer ${token}` };
  return { ...request, url: `${url.replace(/\/+$/, "")}/api/v2/alerts`, headers: { ...request.headers, ...headers } };
}

function event(url: string, body: string, signingKey: string | undefined): PostRequest {
  const signed = signingKey === undefined || signingKey === "" ? {} : { "x-signature": signature(body, signingKey) };
  return { url, headers: { "content-type": "application/cloudevents+json; charset=UTF-8", ...signed }, body };
}
