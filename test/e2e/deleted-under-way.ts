import { expect } from "vitest";
import { moreRequests, type Scene } from "./scene.ts";
import { canaryPercents, paused, withImage } from "./seen.ts";

/** v2 is on its way and carries its first users. */
export async function underWay(scene: Scene): Promise<void> {
  await scene.shop.setImage("shop/checkout:v2");
  await scene.runs.waitFor(1, "Observing");
}

/** From now on v1 answers everybody, and nobody has met an error in the whole time. */
export async function expectOnOld({ load, weights }: Scene): Promise<void> {
  const fromMs = Date.now();
  await moreRequests({ load }, 200);
  expect(load.log.window(fromMs).countByVersion()).toEqual({ v1: load.log.window(fromMs).total });
  const [log, history] = [await load.stop(), await weights.stop()];
  expect(log.failures()).toEqual([]);
  expect(canaryPercents(history)).toEqual([0, 10, 0]);
}

/** The image that was shipped is left in a Deployment that stays paused: nobody has vetted it. */
export function leftPaused(before: Record<string, unknown>): Record<string, unknown> {
  return paused(withImage(before, "shop/checkout:v2"));
}
