import { expect, test } from "vitest";
import { type Answer, RequestLog } from "./request-log.ts";

function answer(sentAtMs: number, more: Partial<Answer> = {}): Answer {
  return { sentAtMs, doneAtMs: sentAtMs + 5, status: 200, version: "v1", pod: "a", ...more };
}

test("counts by version and status, and cuts by the time of sending", () => {
  const log = new RequestLog([answer(1), answer(2, { version: "v2" }), answer(3, { version: "v2", status: 500 })]);
  expect(log.countByVersion()).toEqual({ v1: 1, v2: 2 });
  expect(log.countByStatus()).toEqual({ 200: 2, 500: 1 });
  expect(log.window(2, 3).answers).toEqual([answer(2, { version: "v2" })]);
  expect(log.ofVersion("v2").failures().length).toBe(1);
});

test("a failure is a 5xx or no answer; the span goes by the time of sending, not of ending", () => {
  const log = new RequestLog([
    answer(50, { status: 503 }),
    answer(10, { status: 0, error: "timed out", doneAtMs: 10_010 }),
    answer(60, { status: 404 }),
  ]);
  expect(log.firstFailure()?.sentAtMs).toBe(10);
  expect(log.lastFailure()?.sentAtMs).toBe(50);
  expect(log.failureSpanMs()).toBe(40);
  expect(new RequestLog().failureSpanMs()).toBe(0);
});
