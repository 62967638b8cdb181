import { expect, test } from "vitest";
import { someMessage } from "../../src/notify/message.test-helper.ts";
import { slackBody } from "../../src/notify/slack.ts";
import { asInChannel } from "./slack-channel.ts";

test("a message is read as in the channel, without Slack's marks", () => {
  const message = someMessage();
  const seen = asInChannel(slackBody(message, `checkout (shop): ${message.title}`));
  expect(seen.split("\n\n").slice(0, 3)).toEqual([
    "checkout (shop): users were hurt: they are taken off the new version",
    "users were hurt: they are taken off the new version\nerrors: 34 of 66 requests (51.5 %) failed, over the limit of 2 %, E = 4.5e36 >= 4e3",
    "Step: first\nUsers on the new version: 10%\nRun: checkout-2\nVersion: checkout-1 → checkout-2",
  ]);
  expect(seen).toContain("❌ errors: 34 of 66 requests");
  expect(asInChannel({ text: 'outside *release-hour* ("0 9 * * *")' })).toBe('outside release-hour ("0 9 * * *")');
  expect(seen).not.toMatch(/[*`]|&gt;/);
});
