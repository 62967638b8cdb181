import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Post } from "./post.ts";

export interface Received {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  json: Record<string, unknown>;
}

export interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

/** What the receiver does with the next request instead of reading it. */
export type Trouble = Answer | "hang" | "reset";

/** A Slack that one can make trouble with: in memory for the simulator, or over real HTTP. Both answer by the same function. */
export interface Receiver {
  /** What was taken, in order. */
  taken: Received[];
  /** Every request, also those that were refused. */
  asked: Received[];
  /** What happens to the next requests, one each. */
  trouble: Trouble[];
  /** What happens to every request until it is taken away; comes after `trouble`. */
  always: Trouble | undefined;
  read: (received: Received) => Answer;
}

export function createReceiver(read: (received: Received) => Answer = slackAnswer): Receiver {
  return { taken: [], asked: [], trouble: [], always: undefined, read };
}

function receive(receiver: Receiver, path: string, headers: Received["headers"], body: string): Trouble {
  const received: Received = { path, headers, body, json: parse(body) };
  receiver.asked.push(received);
  const answer = receiver.trouble.shift() ?? receiver.always ?? receiver.read(received);
  if (typeof answer !== "string" && answer.status < 300) receiver.taken.push(received);
  return answer;
}

function parse(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The receiver as a port: no socket, for a clock that does not wait for any. */
export function postTo(receiver: Receiver): Post {
  return async ({ url, headers, body }) => {
    const answer = receive(receiver, new URL(url).pathname, { ...headers }, body);
    if (answer === "hang") return { kind: "failed", message: "no answer within 10 s" };
    if (answer === "reset") return { kind: "failed", message: "other side closed" };
    const retryAfter = answer.headers?.["retry-after"];
    const retryAfterMs = retryAfter === undefined ? undefined : Number(retryAfter) * 1000;
    return { kind: "answer", status: answer.status, body: answer.body, retryAfterMs };
  };
}

/** The receiver as a real server on a port of its own. */
export async function listen(receiver: Receiver): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const answer = receive(receiver, request.url ?? "", request.headers, body);
      if (answer === "hang") return;
      if (answer === "reset") {
        request.socket.resetAndDestroy();
        return;
      }
      response.writeHead(answer.status, { "content-type": "text/html", ...answer.headers }).end(answer.body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Block {
  type?: string;
  text?: { type?: string; text?: string };
  fields?: { text?: string }[];
}

/**
 * As an incoming webhook answers (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks): `ok`, or a word for what is wrong.
 * Limits: docs.slack.dev/reference/block-kit/blocks.
 */
export function slackAnswer({ json }: Pick<Received, "json">): Answer {
  const refuse = (body: string) => ({ status: 400, body });
  const text = json["text"];
  const attachments = (json["attachments"] ?? []) as { blocks?: Block[] }[];
  const blocks = [...((json["blocks"] ?? []) as Block[]), ...attachments.flatMap((one) => one.blocks ?? [])];
  if (Object.keys(json).length === 0) return refuse("invalid_payload");
  if (typeof text !== "string" || text === "") return refuse("no_text");
  if (text.length > 40_000) return refuse("msg_too_long");
  if (blocks.length > 50 || !blocks.every(isSection)) return refuse("invalid_blocks");
  if (JSON.stringify(blocks).length > 13_200) return refuse("msg_blocks_too_long");
  return { status: 200, body: "ok" };
}

function isSection({ type, text, fields }: Block): boolean {
  const texts = [...(text === undefined ? [] : [text.text ?? ""]), ...(fields ?? []).map((field) => field.text ?? "")];
  const lengths =
    (text?.text?.length ?? 0) <= 3000 && (fields ?? []).every((field) => (field.text?.length ?? 0) <= 2000);
  const marked = texts.every((one) => !/[<>]|&(?!amp;|lt;|gt;)/.test(one) && one.length > 0);
  return type === "section" && texts.length > 0 && (fields?.length ?? 0) <= 10 && lengths && marked;
}
