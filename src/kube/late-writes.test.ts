import { describe, expect, test } from "vitest";
import { createManualClock } from "../manual-clock.ts";
import { ApiError } from "./errors.ts";
import { createLateWrites } from "./late-writes.ts";
import { CALL_TIMEOUT_MS, type KubeApi, type WriteOptions } from "./port.ts";
import { deployments, events } from "./resources.ts";

const refused = new ApiError(422, "Invalid", "a test in the patch failed");
const hungUp = new ApiError(0, "Network", "socket hang up");
const gaveUp = new ApiError(504, "Timeout", "the server did not answer in time");
const denied = new ApiError(500, "InternalError", 'failed calling webhook "guard": context deadline exceeded');

/** A term that began so long ago that nothing of those before it can come any more. */
async function later() {
  const clock = createManualClock();
  const lateWrites = createLateWrites(clock);
  await clock.advance(CALL_TIMEOUT_MS + 1);
  const failWith = async (error: ApiError, resource = deployments, options: WriteOptions = {}) => {
    const api = lateWrites.watch({ patch: () => Promise.reject(error) } as unknown as KubeApi, "shop/checkout");
    const patch = { type: "merge" as const, patch: {} };
    await expect(api.patch(resource, { namespace: "shop", name: "a" }, patch, options)).rejects.toBe(error);
  };
  return { clock, lateWrites, failWith };
}

test("what an earlier process has sent may come until a call's time is over", async () => {
  const clock = createManualClock();
  const lateWrites = createLateWrites(clock);
  expect(lateWrites.mayComeForMs("shop/checkout")).toBeGreaterThanOrEqual(CALL_TIMEOUT_MS);
  await clock.advance(CALL_TIMEOUT_MS);
  expect(lateWrites.mayComeForMs("shop/checkout")).toBeGreaterThan(0);
  await clock.advance(1);
  expect(lateWrites.mayComeForMs("shop/checkout")).toBe(0);
});

describe("a write of this process", () => {
  test.each([hungUp, gaveUp])(
    "that got no answer may come for what it was written for, and for nothing else: $reason",
    async (error) => {
      const { clock, lateWrites, failWith } = await later();
      await failWith(error);
      expect(lateWrites.mayComeForMs("shop/cart")).toBe(0);
      expect(lateWrites.mayComeForMs("shop/checkout")).toBeGreaterThanOrEqual(CALL_TIMEOUT_MS);
      await clock.advance(CALL_TIMEOUT_MS + 1);
      expect(lateWrites.mayComeForMs("shop/checkout")).toBe(0);
    },
  );

  test("that was refused, by the server or by a webhook, does not come", async () => {
    const { lateWrites, failWith } = await later();
    await failWith(refused);
    await failWith(denied);
    expect(lateWrites.mayComeForMs("shop/checkout")).toBe(0);
  });

  test("that changes nothing that a run works on is not waited for", async () => {
    const { lateWrites, failWith } = await later();
    await failWith(hungUp, events);
    await failWith(hungUp, deployments, { dryRun: true });
    await failWith(hungUp, deployments, { subresource: "status" });
    expect(lateWrites.mayComeForMs("shop/checkout")).toBe(0);
  });
});
