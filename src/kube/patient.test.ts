import { expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { ApiError } from "./errors.ts";
import { patiently } from "./patient.ts";

/** Fails with these, one call after the other, and then answers. */
function failing(...errors: ApiError[]): { call: () => Promise<string>; calls: () => number } {
  let calls = 0;
  const call = () => {
    const error = errors[calls++];
    return error === undefined ? Promise.resolve("answer") : Promise.reject(error);
  };
  return { call, calls: () => calls };
}

const broken = new ApiError(500, "InternalError", "etcdserver: request timed out");

test("a trouble that passes is waited for", async () => {
  const clock = createManualClock();
  const { call, calls } = failing(
    broken,
    new ApiError(0, "Network", "reset"),
    new ApiError(409, "Conflict", "modified"),
  );
  const answer = patiently(clock, call);
  await clock.advance(3_000);
  expect(await answer).toBe("answer");
  expect(calls()).toBe(4);
});

test("a server that says when to come again is not asked before, within reason", async () => {
  const clock = createManualClock();
  const { call, calls } = failing(new ApiError(429, "TooManyRequests", "busy", { retryAfterMs: 2_000 }));
  const answer = patiently(clock, call);
  await clock.advance(1_900);
  expect(calls()).toBe(1);
  await clock.advance(200);
  expect(await answer).toBe("answer");
});

test("it gives up after five tries, and at once on what does not pass", async () => {
  const clock = createManualClock();
  const down = failing(...Array.from({ length: 9 }, () => broken));
  const given = expect(patiently(clock, down.call)).rejects.toBe(broken);
  await clock.advance(60_000);
  await given;
  expect(down.calls()).toBe(5);
  for (const error of [
    new ApiError(403, "Forbidden", "no"),
    new ApiError(500, "InternalError", 'failed calling webhook "guard": timeout'),
    new ApiError(409, "AlreadyExists", "there"),
  ]) {
    const refused = failing(error);
    await expect(patiently(clock, refused.call)).rejects.toBe(error);
    expect(refused.calls()).toBe(1);
  }
});

test("with a time given it goes on until then, and says the trouble when it begins", async () => {
  const clock = createManualClock();
  const down = failing(...Array.from({ length: 900 }, () => broken));
  const troubles: unknown[] = [];
  const given = expect(
    patiently(clock, down.call, { untilMs: clock.monotonic() + 60_000, onTrouble: (error) => troubles.push(error) }),
  ).rejects.toBe(broken);
  await clock.advance(59_000);
  expect(down.calls()).toBeGreaterThan(20);
  await clock.advance(1_000);
  await given;
  expect(troubles).toEqual([broken]);
});

test("a wait between two tries ends when the caller leaves", async () => {
  const leave = new AbortController();
  const given = patiently(createManualClock(), failing(broken).call, { signal: leave.signal });
  await Promise.resolve();
  leave.abort(new Error("left"));
  await expect(given).rejects.toThrow("left");
});
