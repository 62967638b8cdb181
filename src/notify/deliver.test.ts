import { expect, test } from "vitest";
import { channelSchema } from "../api/notifications.ts";
import { createManualClock } from "../manual-clock.ts";
import { createDeliver } from "./deliver.ts";
import { slackChannel, someMessage } from "./message.test-helper.ts";

const bot = channelSchema.parse({
  name: "bot",
  slackBot: { secretRef: { name: "sluice-slack", key: "token" }, channel: "C0123456789" },
});
const data = {
  url: "https://hooks.slack.com/services/T0/B0/abcdefghijklmnopqrstuvwx",
  token: "xoxb-abcdefghijklmnopqrstuvwx",
};
const slackSays = (said: object) => JSON.stringify({ ok: false, ...said });

test.each([
  [
    "a webhook's answer",
    slackChannel(),
    404,
    (pad: number) => `${"x".repeat(pad)} abcdefghijklmnopqrstuvwx is unknown`,
    200,
  ],
  ["a bot's error", bot, 200, (pad: number) => slackSays({ error: `${"x".repeat(pad)} ${data.token}` }), 100],
  [
    "a bot's details",
    bot,
    200,
    (pad: number) =>
      slackSays({ error: "nope", response_metadata: { messages: [`${"x".repeat(pad)} ${data.token}`] } }),
    200,
  ],
])("of a secret at the place where %s is cut off nothing shows", async (_what, channel, status, bodyOf, cutAt) => {
  for (let pad = cutAt - 40; pad <= cutAt; pad++) {
    const deliver = createDeliver({
      post: async () => ({ kind: "answer", status, retryAfterMs: undefined, body: bodyOf(pad) }),
      readSecret: async () => ({ kind: "read", data }),
      ownNamespace: "sluice-system",
      clock: createManualClock(0),
      signal: new AbortController().signal,
    });
    const outcome = await deliver(channel, someMessage());
    expect(outcome.kind).toBe("refused");
    expect(JSON.stringify(outcome)).not.toMatch(/abc|xoxb/);
  }
});
