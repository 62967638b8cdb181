import { describe, expect, test } from "vitest";
import { delay } from "./clock.ts";
import { createManualClock } from "./manual-clock.ts";

describe("the manual clock", () => {
  test("fires in order of time, then of registration, and shows each its own time", async () => {
    const clock = createManualClock(1_000);
    const seen: string[] = [];
    clock.after(20, () => seen.push(`b${clock.monotonic()}`));
    clock.after(10, () => seen.push(`a${clock.now()}`));
    clock.after(20, () => seen.push(`c${clock.monotonic()}`));
    await clock.advance(25);
    expect(seen).toEqual(["a1010", "b20", "c20"]);
    expect(clock.monotonic()).toBe(25);
  });

  test("a timer may set another that falls due in the same advance, through promises", async () => {
    const clock = createManualClock();
    let steps = 0;
    void (async () => {
      while (steps < 5) {
        await delay(clock, 100);
        steps++;
      }
    })();
    await clock.advance(500);
    expect(steps).toBe(5);
  });

  test("a cancelled timer does not fire", async () => {
    const clock = createManualClock();
    let fired = false;
    clock.after(5, () => (fired = true))();
    await clock.advance(10);
    expect(fired).toBe(false);
    expect(clock.pending()).toBe(0);
  });

  test("a wall clock that steps back bends neither timers nor monotonic time", async () => {
    const clock = createManualClock(10_000);
    let fired = false;
    clock.after(100, () => (fired = true));
    clock.setWall(0);
    await clock.advance(100);
    expect(fired).toBe(true);
    expect(clock.now()).toBe(100);
    expect(clock.monotonic()).toBe(100);
  });

  test("advanceUntil stops at the timer that makes it true, and says when it never does", async () => {
    const clock = createManualClock();
    let fired = 0;
    clock.after(1_000, () => fired++);
    clock.after(9_000, () => fired++);
    await clock.advanceUntil(() => fired === 1);
    expect(clock.monotonic()).toBe(1_000);
    await expect(clock.advanceUntil(() => fired === 2, 10)).rejects.toThrow("not reached");
  });
});
