import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { channelSchema } from "../api/notifications.ts";
import { systemClock } from "../clock.ts";
import { createDeliver } from "./deliver.ts";
import { someMessage } from "./message.test-helper.ts";
import type { Message } from "./message.ts";
import type { Outcome, Thread } from "./outcome.ts";
import { createPost } from "./post.ts";
import { createReceiver, listen, type Receiver, type Trouble } from "./receiver.test-helper.ts";
import { BOT_TOKEN, CHANNEL_ID, createWorkspace, type Workspace } from "./slack-workspace.test-helper.ts";

let workspace: Workspace;
let receiver: Receiver;
let server: Awaited<ReturnType<typeof listen>>;

beforeEach(async () => {
  workspace = createWorkspace();
  receiver = createReceiver((received) => workspace.read(received));
  server = await listen(receiver);
});
afterEach(() => server.close());

interface Options {
  message?: Message;
  thread?: Thread;
  token?: string;
  url?: string;
  channel?: string;
  deadlineMs?: number;
}

function send(options: Options = {}): Promise<Outcome> {
  const { message = someMessage(), thread, token = BOT_TOKEN, deadlineMs = 5_000 } = options;
  const { url = server.url, channel = CHANNEL_ID } = options;
  const deliver = createDeliver({
    post: createPost({ clock: systemClock, deadlineMs }),
    readSecret: async () => ({ kind: "read", data: { token: `${token}\n`, apiUrl: `${url}/api/` } }),
    ownNamespace: "sluice-system",
    clock: systemClock,
    signal: new AbortController().signal,
  });
  const slackBot = { secretRef: { name: "sluice-slack" }, channel };
  return deliver(channelSchema.parse({ name: "team", slackBot }), message, thread);
}

/** Sends until the message is told, as the lanes do; gives what the channel shows then. */
async function tell(message: Message, thread?: Thread): Promise<Thread | undefined> {
  for (let now = thread, tries = 0; tries < 5; tries++) {
    const outcome = await send({ message, ...(now === undefined ? {} : { thread: now }) });
    if (outcome.kind === "sent") return now;
    if (outcome.kind !== "part") throw new Error(JSON.stringify(outcome));
    now = outcome.thread;
  }
  throw new Error("it is never told");
}

const started = someMessage({ key: "a", event: "Started", severity: "Info", progress: true, title: "begins", why: "" });
const breach = someMessage({ key: "b" });

test("a run has one message, kept up to date, and what happened stands in its thread", async () => {
  const first = await tell(started);
  const then = await tell(breach, first);
  expect(then).toEqual({ ts: first?.ts, shows: "b" });
  expect(workspace.roots()).toMatchObject([{ ts: first?.ts, channel: CHANNEL_ID, updates: 1 }]);
  expect(JSON.stringify(workspace.roots()[0])).toMatch(/users were hurt.*sluice get checkout -n shop/);
  const replies = workspace.repliesTo(first?.ts);
  expect(replies.map(({ text }) => text)).toEqual([
    "checkout (shop): begins",
    "checkout (shop): users were hurt: they are taken off the new version",
  ]);
  expect(JSON.stringify(replies[1])).toMatch(/34 of 66 requests.*▁██/);
});

test("what presses is shown in the channel as well, since a reply alerts nobody; progress is not", async () => {
  await tell(breach, await tell(started));
  expect(workspace.repliesTo(workspace.roots()[0]?.ts).map(({ broadcast }) => broadcast)).toEqual([false, true]);
});

test("what happens beside the run's way goes into the thread, and the message still says where the run is", async () => {
  const first = await tell(started);
  await tell(
    someMessage({ key: "c", event: "CommandRefused", severity: "Info", aside: true, title: "refused" }),
    first,
  );
  expect(workspace.roots()).toMatchObject([{ text: "checkout (shop): begins", updates: 0 }]);
  expect(workspace.repliesTo(first?.ts).map(({ text }) => text)).toContain("checkout (shop): refused");
});

test("a new process updates the message again, which changes nothing, and goes on in its thread", async () => {
  const first = await tell(started);
  await tell(breach, { ts: first?.ts ?? "", shows: undefined });
  expect(workspace.roots()).toHaveLength(1);
  expect(workspace.repliesTo(first?.ts)).toHaveLength(2);
});

test("a message that somebody deleted is made anew", async () => {
  const first = await tell(started);
  workspace.remove(first?.ts ?? "");
  expect(await send({ message: breach, thread: first as Thread })).toEqual({ kind: "part", thread: undefined });
  const anew = await tell(breach);
  expect(anew?.ts).not.toBe(first?.ts);
  expect(workspace.repliesTo(anew?.ts)).toHaveLength(1);
});

test("a message that may not be edited any more stays as it is, and details still follow", async () => {
  const first = await tell(started);
  workspace.errors.push("edit_window_closed");
  await tell(breach, first);
  expect(workspace.roots()).toMatchObject([{ updates: 0 }]);
  expect(workspace.repliesTo(first?.ts)).toHaveLength(2);
});

describe("blocks that Slack refuses are sent again as plain text", () => {
  test.each(["invalid_blocks", "msg_too_long", "msg_blocks_too_long", "too_many_attachments"])("%s", async (error) => {
    workspace.errors.push(error);
    const first = await tell(started);
    expect(workspace.roots()).toMatchObject([{ attachments: [] }]);
    workspace.errors.push(error);
    await tell(breach, first);
    expect(workspace.roots()[0]?.text).toContain("34 of 66 requests");
    expect(workspace.roots()[0]?.attachments).toEqual([]);
  });

  test("an update as plain text takes the blocks of before away", async () => {
    const first = await tell(started);
    expect(workspace.roots()[0]?.attachments).toHaveLength(1);
    workspace.errors.push("invalid_blocks");
    await tell(breach, first);
    expect(workspace.roots()[0]?.attachments).toEqual([]);
  });
});

test("whatever Slack says of a message in plain text too is final", async () => {
  workspace.errors.push("invalid_blocks", "msg_too_long");
  expect(await send()).toMatchObject({ kind: "unreadable", why: "answered msg_too_long" });
});

describe("errors in HTTP 200 that somebody has to mend say what to do", () => {
  test.each<[string, RegExp]>([
    ["invalid_auth", /token is not accepted: put the app's current bot token into the Secret/],
    ["not_authed", /bot token into the Secret/],
    ["token_revoked", /revoked: install the app/],
    ["token_expired", /token rotation/],
    ["account_inactive", /removed: install the app/],
    ["missing_scope", /chat:write/],
    ["channel_not_found", /slackBot\.channel.*invite/],
    ["not_in_channel", /invite the app to the channel: \/invite/],
    ["is_archived", /unarchive it, or name another/],
    ["restricted_action", /Slack administrator/],
    ["some_error_of_tomorrow", /docs\.slack\.dev/],
  ])("%s", async (error, remedy) => {
    workspace.errors.push(error);
    const outcome = await send();
    expect(outcome).toMatchObject({ kind: "refused", why: expect.stringMatching(`^answered ${error} `) as string });
    expect((outcome as { why: string }).why).toMatch(remedy);
    expect(JSON.stringify(outcome)).not.toContain("s3cr3t");
  });

  test("by what the workspace is: a wrong token, a channel without the app, and one that is archived", async () => {
    expect(await send({ token: "xoxb-wrong" })).toMatchObject({
      why: expect.stringContaining("invalid_auth") as string,
    });
    workspace.channels.set("C1", { member: false, archived: false });
    workspace.channels.set("C2", { member: true, archived: true });
    expect(await send({ channel: "C1" })).toMatchObject({ why: expect.stringContaining("not_in_channel") as string });
    expect(await send({ channel: "C2" })).toMatchObject({ why: expect.stringContaining("is_archived") as string });
    expect(await send({ channel: "C3" })).toMatchObject({
      why: expect.stringContaining("channel_not_found") as string,
    });
    expect(workspace.messages).toEqual([]);
  });
});

describe("what may pass by itself is tried later", () => {
  test.each(["ratelimited", "internal_error", "fatal_error", "service_unavailable"])("%s", async (error) => {
    workspace.errors.push(error);
    expect(await send()).toMatchObject({ kind: "later", why: `answered ${error}` });
  });

  test.each<[string, Trouble, object]>([
    [
      "429 with Retry-After",
      { status: 429, body: '{"ok":false,"error":"ratelimited"}', headers: { "retry-after": "30" } },
      { kind: "later", afterMs: 30_000 },
    ],
    ["500", { status: 500, body: "" }, { kind: "later", why: "answered 500" }],
    ["503", { status: 503, body: "", headers: { "retry-after": "2" } }, { kind: "later", afterMs: 2_000 }],
    ["a reset connection", "reset", { kind: "later" }],
  ])("%s", async (_name, trouble, expected) => {
    receiver.trouble.push(trouble);
    expect(await send()).toMatchObject(expected);
  });

  test("a server that hangs, and one that speaks no TLS", async () => {
    const tls = await send({ url: server.url.replace("http:", "https:") });
    expect(tls).toMatchObject({ kind: "later", why: expect.stringMatching(/ssl|tls/i) as string });
    receiver.always = "hang";
    expect(await send({ deadlineMs: 50 })).toMatchObject({ kind: "later", why: "no answer within 0.05 s" });
  });
});

test("something in between that is not Slack is told apart", async () => {
  receiver.trouble.push({ status: 200, body: "<html>Sign in to the network</html>" });
  expect(await send()).toMatchObject({ kind: "refused", why: expect.stringContaining("proxy") as string });
});

test("a Secret that holds a webhook's URL instead of a token is refused before anything is sent", async () => {
  const outcome = await send({ token: "https://hooks.slack.com/services/T000000/B000000/s3cr3tS3cr3t" });
  expect(outcome).toEqual({
    kind: "refused",
    why: "Secret sluice-system/sluice-slack, key token: expected a bot token, which begins with xoxb-",
  });
  expect(receiver.asked).toEqual([]);
});
