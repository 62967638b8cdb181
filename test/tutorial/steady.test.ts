import { expect, test } from "vitest";
import { steady } from "./steady.ts";

const ONE = `LAST DEPLOYED: Mon Nov 30 09:12:01 2026
✗ errors  breach: errors: 16 of 34 requests (47.1 %) failed, over the limit of 2 %, E = 5.4e15 >= 4e3
    16 bad of 34 requests (47.1%), limit 2%; E 5.4e+15, a breach from 4000
  17s ago  Preflight → Waiting     every check passed
├─ ✓ checkout-5d7c9f6b8-x2x4z  local
Waits  for a window: outside the allow window release-hour ("15 9 * * *" for 1h, UTC); opens 2026-11-30T09:15Z
▁▁▂▇`;

const ANOTHER = `LAST DEPLOYED: Tue Dec  1 22:00:59 2026
✗ errors  breach: errors: 7 of 20 requests (35 %) failed, over the limit of 2 %, E = 12 >= 4e3
    7 bad of 20 requests (35%), limit 2%; E 12, a breach from 4000
  9s ago   Preflight → Waiting     every check passed
├─ ✓ checkout-86b8f9d4c7-abcde  local
Waits  for a window: outside the allow window release-hour ("3 22 * * *" for 1h, UTC); opens 2026-12-01T22:03Z
▁█`;

test("what time and chance make of a text is not compared", () => {
  expect(steady(ONE)).toBe(steady(ANOTHER));
});

test("what a reader goes by is compared: phases, weights, limits, versions, names of runs", () => {
  for (const [now, then] of [
    ["breach", "pass"],
    ["limit of 2 %", "limit of 3 %"],
    ["Waiting", "Paused"],
    ["release-hour", "release-day"],
    ["a breach from 4000", "a breach from 400"],
  ] as const)
    expect(steady(ONE.replace(now, then))).not.toBe(steady(ONE));
  expect(steady("30% on checkout-1, the rest on checkout-0")).toBe("30% on checkout-1, the rest on checkout-0");
});
