import { expect, test } from "vitest";
import type { Standing } from "../engine/conditions.ts";
import { ApiError } from "../kube/errors.ts";
import { createManualClock } from "../manual-clock.ts";
import { createRefusals } from "./refusals.ts";

const KEY = "shop/checkout";
const forbidden = new ApiError(403, "Forbidden", "it is forbidden");
const unavailable = new ApiError(503, "ServiceUnavailable", "etcd is away");
const busy = new ApiError(429, "TooManyRequests", "busy");
const lost = new ApiError(409, "Conflict", "the object has been modified");
const well: Standing = { row: "Succeeded", reason: "Succeeded", message: "all is well", liveOnTwin: false };
const onItsWay: Standing = { row: "Progressing", reason: "Progressing", message: "on its way", liveOnTwin: false };

function setUp() {
  const clock = createManualClock();
  return { clock, refusals: createRefusals(clock) };
}

test("a refusal is told the second time, on this Rollout alone, until a pass is done", () => {
  const { refusals } = setUp();
  expect(refusals.failed(KEY, forbidden)).toBe(false);
  expect(refusals.failed("shop/cart", forbidden)).toBe(false);
  expect(refusals.failed(KEY, forbidden)).toBe(true);
  expect(refusals.worded(KEY, onItsWay)).toMatchObject({
    row: "Stalled",
    reason: "WriteRefused",
    message: "on its way; the API server refuses a write, which is tried again: it is forbidden",
  });
  expect(refusals.worded("shop/cart", onItsWay)).toBe(onItsWay);
  expect(refusals.done(KEY)).toBe(true);
  expect(refusals.worded(KEY, onItsWay)).toBe(onItsWay);
  expect(refusals.done(KEY)).toBe(false);
});

test("that all is well is not said with it, and what stalled it before stays the reason", () => {
  const { refusals } = setUp();
  for (let pass = 0; pass < 2; pass++) refusals.failed(KEY, forbidden);
  expect(refusals.worded(KEY, well).message).not.toContain("all is well");
  const stalled = refusals.worded(KEY, { ...onItsWay, row: "Stalled", reason: "InvalidSpec" });
  expect(stalled).toMatchObject({
    reason: "InvalidSpec",
    message: expect.stringContaining("it is forbidden") as string,
  });
});

test("trouble that may pass is told once it has lasted, and not before", async () => {
  const { clock, refusals } = setUp();
  for (let second = 0; second < 10; second++) {
    expect(refusals.failed(KEY, second % 2 === 0 ? unavailable : busy)).toBe(false);
    await clock.advance(1_000);
  }
  expect(refusals.failed(KEY, unavailable)).toBe(true);
  expect(refusals.worded(KEY, onItsWay).message).toContain(
    "does not carry out what is tried again and again: etcd is away",
  );
});

test("two passes that failed far apart are no lasting trouble, and a pass that is done ends the count", async () => {
  const { clock, refusals } = setUp();
  expect(refusals.failed(KEY, unavailable)).toBe(false);
  await clock.advance(30_000);
  expect(refusals.failed(KEY, unavailable)).toBe(false);
  refusals.done(KEY);
  await clock.advance(1_000);
  expect(refusals.failed(KEY, unavailable)).toBe(false);
});

test("lost races, the end of leadership and our own errors are not told", async () => {
  const { clock, refusals } = setUp();
  for (let pass = 0; pass < 30; pass++) {
    for (const error of [lost, new ApiError(0, "NotLeader", "no more"), new TypeError("ours")])
      expect(refusals.failed(KEY, error)).toBe(false);
    await clock.advance(1_000);
  }
});

test("a message that is another one each time is not written each time", async () => {
  const { clock, refusals } = setUp();
  const messages = new Set<string>();
  for (let pass = 0; pass < 10; pass++) {
    refusals.failed(KEY, new ApiError(403, "Forbidden", `request ${pass} is forbidden`));
    messages.add(refusals.worded(KEY, well).message);
    await clock.advance(500);
  }
  expect(messages.size).toBe(2);
});
