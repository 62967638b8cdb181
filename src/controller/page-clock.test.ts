import { expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { createPageClock } from "./page-clock.ts";

const startMs = Date.UTC(2026, 0, 1);

test.each([-300_000, 300_000])("goes on where it was when the clock is set by %i ms", async (byMs) => {
  const clock = createManualClock(startMs);
  const page = createPageClock(clock);
  await clock.advance(10_000);
  clock.setWall(clock.now() + byMs);
  await clock.advance(1_000);
  expect(page.now()).toBe(startMs + 11_000);
  expect(page.of(clock.now() - 400)).toBe(startMs + 10_600);
  expect(page.toWall(startMs + 10_600)).toBe(clock.now() - 400);
});

test("what was said just before the clock was set back is no later than now", async () => {
  const clock = createManualClock(startMs);
  const page = createPageClock(clock);
  const saidMs = clock.now();
  clock.setWall(clock.now() - 300_000);
  await clock.advance(500);
  expect(page.of(saidMs)).toBe(page.now());
});
