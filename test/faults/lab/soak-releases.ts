import { expect } from "vitest";
import type { Random } from "../../../src/sim/random.ts";
import type { Scene } from "../../e2e/scene.ts";
import { expectShares, objectsAsWritten, withImage } from "../../e2e/seen.ts";
import { DISTURBED_SECONDS } from "./soak-faults.ts";

/** A bad version's users are safe so long after the first was hurt, whatever goes wrong then, and once more while it lasts. */
const SAFE_MS = 14_000 + 1_000 * DISTURBED_SECONDS;
const BAD_FRACTION = 0.4;
const LONGEST_RELEASE_MS = 180_000;

export interface Releases {
  promoted: number;
  rolledBack: number;
  /** From the first to the last user whom a bad version hurt, one number a release. */
  harmMs: number[];
}

/** Ships one version after the other, good and bad ones, until `untilMs`; each is checked as soon as it has ended. */
export async function releaseUntil(scene: Scene, untilMs: number, random: Random): Promise<Releases> {
  const releases: Releases = { promoted: 0, rolledBack: 0, harmMs: [] };
  let live = "v1";
  for (let ordinal = 1; Date.now() < untilMs; ordinal += 1) {
    const isBad = random() < BAD_FRACTION;
    const tag = `v${ordinal + 1}${isBad ? "-errors50" : ""}`;
    const harmMs = await release(scene, ordinal, { tag, live, isBad });
    if (isBad) {
      releases.rolledBack += 1;
      releases.harmMs.push(harmMs);
      continue;
    }
    live = tag;
    releases.promoted += 1;
  }
  return releases;
}

async function release(
  scene: Scene,
  ordinal: number,
  { tag, live, isBad }: { tag: string; live: string; isBad: boolean },
): Promise<number> {
  const { shop, runs, load, weights } = scene;
  const fromMs = Date.now();
  const before = weights.history.length;
  const written = withImage(await objectsAsWritten(scene), `shop/checkout:${tag}`);
  await shop.setImage(`shop/checkout:${tag}`);
  await runs.waitFor(ordinal, isBad ? "RolledBack" : "Promoted", LONGEST_RELEASE_MS);
  await runs.waitForRollout(isBad ? "RolledBack" : "Healthy");
  const log = load.log.window(fromMs);
  const history = weights.history.slice(before);
  const title = `${shop.namespace}: ${tag}`;
  const raisedAtMs = history.find((reading) => (reading.percents["canary"] ?? 0) > 0)?.atMs ?? Number.POSITIVE_INFINITY;
  expect(log.window(0, raisedAtMs - 500).ofVersion(tag).total, `${title}: users on it before its first step`).toBe(0);
  const hurtBy = [...new Set(log.failures().map(({ version }) => version))];
  expect(hurtBy, `${title}: who failed`).toEqual(isBad && hurtBy.length > 0 ? [tag] : []);
  const others = Object.keys(log.countByVersion()).filter((version) => version !== tag && version !== live);
  expect(others, `${title}: who else answered`).toEqual([]);
  if (isBad) {
    expect(log.failureSpanMs(), `${title}: ms until users were safe`).toBeLessThanOrEqual(SAFE_MS);
    return log.failureSpanMs();
  }
  expectShares(log, history, tag, { passShortOnes: true });
  expect(withoutPause(await objectsAsWritten(scene)), `${title}: objects as written`).toEqual(withoutPause(written));
  return 0;
}

/** After a rollback the Deployment stays paused until the next version. */
function withoutPause(objects: Record<string, unknown>): Record<string, unknown> {
  const copy = structuredClone(objects) as Record<string, { spec: { paused?: boolean } }>;
  delete copy["Deployment/checkout"]?.spec.paused;
  return copy;
}
