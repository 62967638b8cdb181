import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { createDeliver, type SecretRead } from "./deliver.ts";
import { slackChannel, someMessage } from "./message.test-helper.ts";
import { createPost, readRetryAfter } from "./post.ts";
import { createReceiver, listen, type Receiver, type Trouble } from "./receiver.test-helper.ts";

const PATH = "/services/T00000000/B00000000/s3cr3tS3cr3t";
let receiver: Receiver;
let server: Awaited<ReturnType<typeof listen>>;

beforeEach(async () => {
  receiver = createReceiver();
  server = await listen(receiver);
});
afterEach(() => server.close());

function sendTo(url: string, options: { deadlineMs?: number; read?: SecretRead; signal?: AbortSignal } = {}) {
  const { deadlineMs = 5_000, read = { kind: "read", data: { url: `${url}${PATH}\n` } }, signal } = options;
  const deliver = createDeliver({
    post: createPost({ clock: systemClock, deadlineMs }),
    readSecret: async () => read,
    ownNamespace: "sluice-system",
    clock: systemClock,
    signal: signal ?? new AbortController().signal,
  });
  return deliver(slackChannel(), someMessage());
}

test("a webhook that answers ok has taken the message", async () => {
  expect(await sendTo(server.url)).toEqual({ kind: "sent" });
  expect(receiver.taken).toMatchObject([{ path: PATH, headers: { "content-type": "application/json" } }]);
});

describe("what a receiver answers", () => {
  test.each<[string, Trouble, object]>([
    ["403", { status: 403, body: "action_prohibited" }, { kind: "refused", why: /403 action_prohibited/ }],
    ["404", { status: 404, body: "no_service" }, { kind: "refused", why: /404 no_service .*removed/ }],
    ["410", { status: 410, body: "channel_is_archived" }, { kind: "refused", why: /410 channel_is_archived/ }],
    ["302", { status: 302, body: "", headers: { location: "/" } }, { kind: "refused", why: /final URL/ }],
    [
      "429",
      { status: 429, body: "rate_limited", headers: { "retry-after": "30" } },
      { kind: "later", afterMs: 30_000 },
    ],
    ["500", { status: 500, body: "rollup_error" }, { kind: "later", why: /500 rollup_error/ }],
    ["503", { status: 503, body: "", headers: { "retry-after": "2" } }, { kind: "later", afterMs: 2_000 }],
    ["a reset connection", "reset", { kind: "later" }],
  ])("%s is told apart", async (_name, trouble, expected) => {
    receiver.trouble.push(trouble);
    const outcome = await sendTo(server.url);
    const { why, ...rest } = expected as { why?: RegExp };
    expect(outcome).toMatchObject(rest);
    if (why !== undefined) expect((outcome as { why: string }).why).toMatch(why);
    expect(JSON.stringify(outcome)).not.toMatch(/s3cr3t|T00000000/);
  });

  test("400 invalid_blocks: the same is sent once more as plain text, so that it is told all the same", async () => {
    receiver.trouble.push({ status: 400, body: "invalid_blocks" });
    expect(await sendTo(server.url)).toEqual({ kind: "sent" });
    expect(receiver.asked).toHaveLength(2);
    expect(Object.keys(receiver.taken[0]?.json ?? {})).toEqual(["text"]);
    expect(receiver.taken[0]?.json["text"]).toContain("34 of 66 requests");
  });

  test("400 for the plain text too is final", async () => {
    receiver.always = { status: 400, body: "invalid_payload" };
    expect(await sendTo(server.url)).toMatchObject({ kind: "unreadable", why: "answered 400 invalid_payload" });
  });
});

test("a receiver that hangs is given up after the deadline", async () => {
  receiver.always = "hang";
  expect(await sendTo(server.url, { deadlineMs: 50 })).toMatchObject({ kind: "later", why: "no answer within 0.05 s" });
});

test("what is under way ends with the signal", async () => {
  receiver.always = "hang";
  expect(await sendTo(server.url, { signal: AbortSignal.timeout(30) })).toMatchObject({ kind: "later" });
});

test("a server that speaks no TLS, and one that is not there, fail with the cause and without the secret", async () => {
  const plain = await sendTo(server.url.replace("http:", "https:"));
  expect(plain).toMatchObject({ kind: "later" });
  expect((plain as { why: string }).why).toMatch(/ssl|tls/i);
  const nobody = await sendTo("http://127.0.0.1:1");
  expect((nobody as { why: string }).why).toMatch(/ECONNREFUSED/);
  expect(JSON.stringify([plain, nobody])).not.toMatch(/s3cr3t/);
});

test.each<[string, SecretRead, RegExp]>([
  [
    "no Secret",
    { kind: "refused", why: "it is not there: make it" },
    /Secret sluice-system\/sluice-slack: it is not there/,
  ],
  ["no such key", { kind: "read", data: { token: "x" } }, /has no key url with the URL; it has: token/],
  ["no URL in it", { kind: "read", data: { url: "s3cr3tS3cr3t" } }, /expected an http or https URL/],
])("%s: said with what to do, and nothing is sent", async (_name, read, why) => {
  const outcome = await sendTo(server.url, { read });
  expect(outcome).toMatchObject({ kind: "refused" });
  expect((outcome as { why: string }).why).toMatch(why);
  expect((outcome as { why: string }).why).not.toContain("s3cr3t");
  expect(receiver.asked).toEqual([]);
});

test("Retry-After is read as seconds and as a date", () => {
  const nowMs = Date.UTC(2026, 0, 1);
  expect(readRetryAfter("7", nowMs)).toBe(7_000);
  expect(readRetryAfter("Thu, 01 Jan 2026 00:00:05 GMT", nowMs)).toBe(5_000);
  expect(readRetryAfter("soon", nowMs)).toBeUndefined();
  expect(readRetryAfter(undefined, nowMs)).toBeUndefined();
});
