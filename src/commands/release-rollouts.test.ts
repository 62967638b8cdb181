import { expect, test } from "vitest";
import { type House, isSluice, openKeptHouse } from "../controller/fixture.test-helper.ts";
import { rollouts } from "../controller/resources.ts";
import { ApiError } from "../kube/errors.ts";
import type { KubeObject } from "../kube/port.ts";
import { releaseAll } from "./release-rollouts.ts";

/** Releases the shop's Rollout; gives what was said, and why it failed if it did. */
async function releasing(
  house: House,
  timeoutMs = 60_000,
  known?: KubeObject,
): Promise<{ said: string[]; troubles: string[]; failure: unknown }> {
  const said: string[] = [];
  const troubles: string[] = [];
  const targets = [known ?? (await house.alice.get(rollouts, { namespace: "shop", name: "checkout" }))];
  let ended: { failure: unknown } | undefined;
  releaseAll(house.alice, house.clock, targets, {
    untilMs: house.clock.monotonic() + timeoutMs,
    say: (line) => said.push(line),
    troubled: (error) => troubles.push(String(error)),
  }).then(
    () => (ended = { failure: undefined }),
    (failure: unknown) => (ended = { failure }),
  );
  await house.until("the command has ended", () => ended !== undefined, timeoutMs + 2_000);
  return { said, troubles, failure: ended?.failure };
}

const paused = (house: House) =>
  (house.object("deployments.apps")?.["spec"] as { paused?: boolean } | undefined)?.paused === true;

test("at rest a Deployment is free at once", async () => {
  const house = await openKeptHouse({ hold: "none" });
  expect(paused(house)).toBe(true);
  const { said, failure } = await releasing(house);
  expect(failure).toBeUndefined();
  expect(said.at(-1)).toBe("shop/checkout: released");
  expect(paused(house)).toBe(false);
  await house.term.stop();
});

test("in the middle of a release users go back first, and whoever reads is told what stays paused and how to ship it", async () => {
  const house = await openKeptHouse();
  await house.ship("v2");
  await house.untilPhase("Observing");
  const { said, failure } = await releasing(house);
  expect(failure).toBeUndefined();
  expect(said.length).toBeGreaterThan(1);
  expect(said.at(-1)).toMatch(/stays paused.*kubectl -n shop rollout resume deployment\/checkout$/);
  expect(house.object("deployments.apps", "checkout-1")).toBeUndefined();
  expect(house.sim.users.summary().failed).toBe(0);
  await house.term.stop();
});

test("without a controller the time runs out, and the way on is named; the next controller finishes it", async () => {
  const house = await openKeptHouse();
  await house.term.stop();
  const { failure } = await releasing(house, 5_000);
  expect(String(failure)).toMatch(
    /not released in time: shop\/checkout[^]*get lease sluice[^]*Taking the controller away/,
  );
  await house.start("second");
  await house.until("the Rollout is gone", () => house.object("rollouts.sluice.dev") === undefined);
  expect(paused(house)).toBe(false);
});

/** Everybody's calls but the controller's fail for so long. */
function outage(house: House, forMs: number): void {
  const untilMs = house.clock.monotonic() + forMs;
  house.sim.setFault((call) =>
    !isSluice(call) && house.clock.monotonic() < untilMs
      ? { error: new ApiError(503, "ServiceUnavailable", "the server is shutting down") }
      : undefined,
  );
}

test("a server that is away for a while holds nothing up but the time", async () => {
  const house = await openKeptHouse({ hold: "none" });
  const target = await house.alice.get(rollouts, { namespace: "shop", name: "checkout" });
  outage(house, 20_000);
  const { said, troubles, failure } = await releasing(house, 60_000, target);
  expect(failure).toBeUndefined();
  expect(said.at(-1)).toBe("shop/checkout: released");
  expect(troubles).toEqual([expect.stringContaining("the server is shutting down")]);
  await house.term.stop();
});

test("a server that stays away is said when the time is over", async () => {
  const house = await openKeptHouse({ hold: "none" });
  const target = await house.alice.get(rollouts, { namespace: "shop", name: "checkout" });
  outage(house, 3_600_000);
  const { failure } = await releasing(house, 5_000, target);
  expect(String(failure)).toContain("the server is shutting down");
  await house.term.stop();
});
