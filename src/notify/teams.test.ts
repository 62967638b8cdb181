import fc from "fast-check";
import { expect, test } from "vitest";
import { someMessage } from "./message.test-helper.ts";
import { teamsBody } from "./teams.ts";

interface Card {
  type: string;
  attachments: {
    contentType: string;
    content: { type: string; version: string; fallbackText: string; body: { type: string }[] };
  }[];
}

const cardOf = (body: object) => (body as Card).attachments[0]?.content;

test("a breach is a card of version 1.4 that says what happened, why, with the numbers, and what to type", () => {
  const body = teamsBody(someMessage(), "checkout (shop): users were hurt") as Card;
  expect(body.type).toBe("message");
  expect(body.attachments[0]?.contentType).toBe("application/vnd.microsoft.card.adaptive");
  expect(cardOf(body)).toMatchObject({ type: "AdaptiveCard", version: "1.4" });
  const all = JSON.stringify(body);
  for (const part of ["34 of 66 requests", "▁██", "sluice get checkout -n shop", "attention", "10%"])
    expect(all).toContain(part);
});

test("text that looks like Markdown is shown as it is", () => {
  const all = JSON.stringify(teamsBody(someMessage({ why: "[click](http://x) *now*" }), "a_b"));
  expect(all).toContain(String.raw`\\[click\\]\\(http://x\\) \\*now\\*`);
  expect(all).toContain(String.raw`a\\_b`);
});

test("whatever a message says, a card has text in every block and stays below what Teams takes", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 3_000 }),
    fc.constantFrom("*".repeat(9_000), "é".repeat(9_000)),
  );
  const line = fc.record({
    name: fc.constant("errors"),
    verdict: fc.constantFrom("pass" as const, "breach" as const, "inconclusive" as const),
    text: hostile,
    series: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 700 }),
    limitFraction: fc.constant(0.02),
  });
  fc.assert(
    fc.property(hostile, hostile, fc.array(line, { maxLength: 20 }), (headline, why, objectives) => {
      const body = teamsBody(someMessage({ why, objectives }), headline);
      expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(28_000);
      expect(cardOf(body)?.body.every(({ type }) => ["Container", "TextBlock", "FactSet"].includes(type))).toBe(true);
    }),
    { numRuns: 60, seed: 7 },
  );
});
