import { describe, expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { createWorkqueue } from "./workqueue.ts";

function setUp(options: { maxKeys?: number } = {}) {
  const clock = createManualClock();
  return { clock, queue: createWorkqueue({ clock, random: () => 0, ...options }) };
}

describe("a key", () => {
  test("waits once however often it is added, and keys come in order", async () => {
    const { queue } = setUp();
    for (const key of ["a", "b", "a"]) expect(queue.add(key)).toBe(true);
    expect(queue.depth()).toBe(2);
    expect([await queue.next(), await queue.next()]).toEqual(["a", "b"]);
  });

  test("is never in two hands, and comes again when it was added in between", async () => {
    const { queue } = setUp();
    queue.add("a");
    expect(await queue.next()).toBe("a");
    queue.add("a");
    queue.add("a");
    expect([queue.depth(), queue.active()]).toEqual([0, 1]);
    queue.done("a");
    expect(await queue.next()).toBe("a");
    queue.done("a");
    expect([queue.depth(), queue.active()]).toEqual([0, 0]);
  });

  test("goes to whoever waits for one", async () => {
    const { queue } = setUp();
    const waiting = [queue.next(), queue.next()];
    queue.add("a");
    queue.add("b");
    expect(await Promise.all(waiting)).toEqual(["a", "b"]);
  });

  test("done by nobody's hand changes nothing", () => {
    const { queue } = setUp();
    queue.add("a");
    queue.done("a");
    expect(queue.depth()).toBe(1);
  });
});

describe("adding later", () => {
  test("the earliest time counts", async () => {
    const { clock, queue } = setUp();
    queue.addAfter("a", 500);
    queue.addAfter("a", 100);
    queue.addAfter("a", 300);
    expect(queue.delayed()).toBe(1);
    await clock.advance(99);
    expect(queue.depth()).toBe(0);
    await clock.advance(1);
    expect([queue.depth(), queue.delayed()]).toEqual([1, 0]);
  });

  test("at once when there is no delay", () => {
    const { queue } = setUp();
    queue.addAfter("a", 0);
    expect(queue.depth()).toBe(1);
  });

  test("rate-limited waits longer each time, until forgotten", () => {
    const { queue } = setUp();
    expect([queue.addRateLimited("a"), queue.addRateLimited("a"), queue.addRateLimited("a")]).toEqual([
      1_000, 2_000, 4_000,
    ]);
    expect([queue.failures("a"), queue.failures("b")]).toEqual([3, 0]);
    queue.forget("a");
    expect(queue.addRateLimited("a")).toBe(1_000);
  });
});

describe("the bound", () => {
  test("refuses one key more, but never one that is already there", async () => {
    const { clock, queue } = setUp({ maxKeys: 2 });
    expect([queue.add("a"), queue.add("b"), queue.add("c"), queue.add("a")]).toEqual([true, true, false, true]);
    queue.addAfter("c", 10);
    await clock.advance(10);
    expect([await queue.next(), await queue.next()]).toEqual(["a", "b"]);
    // What was due when the queue was full was not lost.
    await clock.advance(1_000);
    expect(await queue.next()).toBe("c");
  });

  test("must be positive", () => {
    expect(() => setUp({ maxKeys: 0 })).toThrow("Expected maxKeys");
  });
});

describe("shutting down", () => {
  test("with drain ends when everything that waited is done", async () => {
    const { clock, queue } = setUp();
    const idle = queue.next();
    queue.add("a");
    await idle;
    queue.add("a");
    queue.add("b");
    queue.addAfter("later", 10);
    let drained = false;
    const end = queue.shutdown({ drain: true }).then(() => (drained = true));
    expect(queue.add("c")).toBe(false);
    expect(await queue.next()).toBe("b");
    const again = queue.next();
    queue.done("a");
    expect(await again).toBe("a");
    queue.done("b");
    await clock.advance(100);
    expect(drained).toBe(false);
    queue.done("a");
    await end;
    expect(await queue.next()).toBeUndefined();
  });

  test("without drain drops what waits and waits for what is in hand", async () => {
    const { queue } = setUp();
    queue.add("a");
    queue.add("b");
    await queue.next();
    const end = queue.shutdown();
    expect(await queue.next()).toBeUndefined();
    queue.done("a");
    await end;
  });

  test("sends idle workers home", async () => {
    const { queue } = setUp();
    const idle = queue.next();
    await queue.shutdown({ drain: true });
    expect(await idle).toBeUndefined();
  });
});

test("the age of the oldest key", async () => {
  const { clock, queue } = setUp();
  expect(queue.oldestAgeMs()).toBe(0);
  queue.add("a");
  await clock.advance(30);
  queue.add("b");
  await clock.advance(5);
  expect(queue.oldestAgeMs()).toBe(35);
  await queue.next();
  expect(queue.oldestAgeMs()).toBe(5);
});
