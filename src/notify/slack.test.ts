import fc from "fast-check";
import { expect, test } from "vitest";
import { someMessage } from "./message.test-helper.ts";
import { slackAnswer } from "./receiver.test-helper.ts";
import { slackBody, slackPlainBody } from "./slack.ts";

const answerTo = (body: object) => slackAnswer({ json: body as Record<string, unknown> });

test("a breach says what happened, why, with the numbers, a line of them, and what to type", () => {
  const body = JSON.stringify(slackBody(someMessage(), "checkout (shop): users were hurt"));
  for (const part of [
    "users were hurt",
    "34 of 66 requests",
    "▁██",
    "sluice get checkout -n shop",
    "10%",
    "checkout-2",
  ])
    expect(body).toContain(part);
  expect(body).toContain('"color":"#d00000"');
});

test("text that looks like markup is shown as it is", () => {
  const body = slackBody(someMessage({ why: "<!channel> & <b>" }), "<!here>") as { text: string };
  expect(body.text).toBe("&lt;!here&gt;");
  expect(JSON.stringify(body)).toContain("&lt;!channel&gt; &amp; &lt;b&gt;");
  expect(answerTo(body)).toEqual({ status: 200, body: "ok" });
});

test("whatever a message says, Slack takes it", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 4_000 });
  const hostile = fc.oneof(text, fc.constantFrom("<".repeat(5_000), "&".repeat(20_000), "é".repeat(9_000)));
  const verdict = fc.constantFrom("pass" as const, "breach" as const, "inconclusive" as const);
  const line = fc.record({
    name: fc.constant("errors"),
    verdict,
    text: hostile,
    series: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 700 }),
    limitFraction: fc.constant(0.02),
  });
  fc.assert(
    fc.property(hostile, hostile, fc.array(line, { maxLength: 20 }), (headline, why, objectives) => {
      const message = someMessage({ why, objectives });
      expect(answerTo(slackBody(message, headline))).toEqual({ status: 200, body: "ok" });
      expect(answerTo(slackPlainBody(message, headline))).toEqual({ status: 200, body: "ok" });
    }),
    { numRuns: 100, seed: 7 },
  );
});
