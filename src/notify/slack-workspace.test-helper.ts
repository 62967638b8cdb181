import { type Answer, type Received, slackAnswer } from "./receiver.test-helper.ts";

export interface SlackMessage {
  ts: string;
  channel: string;
  text: string;
  attachments: unknown[];
  thread: string | undefined;
  /** A reply that stands in the channel as well. */
  broadcast: boolean;
  updates: number;
}

/** A Slack workspace with one app in it, as its Web API shows it. */
export interface Workspace {
  token: string;
  channels: Map<string, { member: boolean; archived: boolean }>;
  messages: SlackMessage[];
  /** What the next calls are answered with, one each, as `error` in HTTP 200. */
  errors: string[];
  /** Somebody deletes a message by hand. */
  remove(ts: string): void;
  /** The messages of a channel that are no replies. */
  roots(): SlackMessage[];
  repliesTo(ts: string | undefined): SlackMessage[];
  read(received: Received): Answer;
}

export const BOT_TOKEN = "xoxb-000000000000-s3cr3tS3cr3tS3cr3t";
export const CHANNEL_ID = "C0123456789";

/**
 * As Slack's Web API answers chat.postMessage and chat.update (docs.slack.dev/reference/methods): HTTP 200 whatever comes of it, and in
 * the body `ok`, or `error` with a word for what is wrong.
 */
export function createWorkspace(): Workspace {
  let made = 0;
  const workspace: Workspace = {
    token: BOT_TOKEN,
    channels: new Map([[CHANNEL_ID, { member: true, archived: false }]]),
    messages: [],
    errors: [],
    remove(ts) {
      workspace.messages = workspace.messages.filter((message) => message.ts !== ts);
    },
    roots: () => workspace.messages.filter(({ thread }) => thread === undefined),
    repliesTo: (ts) => workspace.messages.filter(({ thread }) => thread !== undefined && thread === ts),
    read(received) {
      const said = answer(received);
      return {
        status: 200,
        headers: { "content-type": "application/json; charset=utf-8" },
        body: JSON.stringify(said),
      };
    },
  };

  function answer({ path, headers, json }: Received): object {
    const refuse = (error: string, more: object = {}) => ({ ok: false, error, ...more });
    const planned = workspace.errors.shift();
    if (planned !== undefined) return refuse(planned);
    const method = /^\/api\/(chat\.\w+)$/.exec(path)?.[1];
    if (method !== "chat.postMessage" && method !== "chat.update") return refuse("unknown_method");
    if (headers["authorization"] === undefined) return refuse("not_authed");
    if (headers["authorization"] !== `Bearer ${workspace.token}`) return refuse("invalid_auth");
    // Without a charset Slack answers with the warning `missing_charset`.
    if (headers["content-type"] !== "application/json; charset=utf-8") return refuse("invalid_post_type");
    const channel = workspace.channels.get(String(json["channel"]));
    if (channel === undefined) return refuse("channel_not_found");
    if (channel.archived) return refuse("is_archived");
    if (!channel.member) return refuse("not_in_channel");
    const content = slackAnswer({ json });
    if (content.status !== 200) {
      const messages = [`[ERROR] ${content.body} [json-pointer:/attachments]`];
      return refuse(content.body, { response_metadata: { messages } });
    }
    return method === "chat.update" ? update(json) : post(json);
  }

  function post(json: Received["json"]): object {
    const thread = json["thread_ts"] as string | undefined;
    const ts = `1767225600.${String(++made).padStart(6, "0")}`;
    const message: SlackMessage = {
      ts,
      channel: String(json["channel"]),
      text: String(json["text"]),
      attachments: (json["attachments"] ?? []) as unknown[],
      thread,
      broadcast: thread !== undefined && json["reply_broadcast"] === true,
      updates: 0,
    };
    workspace.messages.push(message);
    return { ok: true, channel: message.channel, ts, message: { type: "message", text: message.text, ts } };
  }

  function update(json: Received["json"]): object {
    const message = workspace.messages.find(({ ts }) => ts === json["ts"]);
    if (message === undefined) return { ok: false, error: "message_not_found" };
    message.text = String(json["text"]);
    // "If you don't include this field, the message's previous attachments will be retained."
    if (json["attachments"] !== undefined) message.attachments = json["attachments"] as unknown[];
    message.updates += 1;
    return { ok: true, channel: message.channel, ts: message.ts, text: message.text };
  }

  return workspace;
}
