import type { TestContext } from "vitest";
import { expect } from "vitest";
import type { LabClient } from "../../lab/client.ts";
import { until } from "../../lab/wait.ts";
import { sluiceApi } from "../../e2e/run.ts";
import { createScene, moreRequests, type Scene } from "../../e2e/scene.ts";
import {
  canaryPercents,
  eventsOf,
  expectShares,
  goodRelease,
  objectsAsWritten,
  paused,
  reasonsOf,
  withImage,
} from "../../e2e/seen.ts";
import { type KillCase, titleOf } from "./cases.ts";
import { goInto } from "./way-into.ts";

/** How long there is no controller, as users count it: 100 of them ask each second. */
const REQUESTS_WITHOUT_CONTROLLER = 500;

/** From when a controller begins again to the last user who meets a bad version. */
export const SAFE_MS = 8_000;

/** What a case came to. */
export interface Figures {
  readonly title: string;
  /**
   * From when the controller was started again (or from the first user who was hurt, if that was later) to the last one; 0 when none
   * was hurt after that. Undefined for good versions, which hurt nobody.
   */
  readonly safeAfterMs?: number;
}

/** Plays one case in a namespace of its own, with a controller of its own, and checks what users, objects and people saw. */
export async function playKill(
  lab: LabClient,
  each: KillCase,
  { onTestFailed }: Pick<TestContext, "onTestFailed">,
): Promise<Figures> {
  const { spec = {}, version, state } = each;
  const tag = each.tag ?? (version === "bad" ? "v2-errors50" : "v2");
  await using scene = await createScene(lab, { onTestFailed, spec });
  const { shop, load, sluice } = scene;
  const before = await objectsAsWritten(scene);
  await each.prepare?.(scene);
  await shop.setImage(`shop/checkout:${tag}`);
  await goInto(scene, each);
  await sluice.kill();
  expect(await phaseOf(scene), "the state in which it was killed").toBe(state);
  if (version === "turns bad")
    await lab.kubelet.setBehaviour({ namespace: shop.namespace, imageTag: tag }, { errorFraction: 0.5 });
  await each.meanwhile?.(scene);
  await moreRequests(scene, REQUESTS_WITHOUT_CONTROLLER);
  const restartedAtMs = Date.now();
  await sluice.start();
  await each.goOn?.(scene);
  await end(scene, each);
  const endedAtMs = Date.now();
  await moreRequests(scene, 100);
  const [log, history] = [await load.stop(), await scene.weights.stop()];

  const percents = each.percents ?? percentsOf(each);
  const dipped = each.mayDip === true ? [[0, 10, ...percents]] : [];
  expect([percents, ...dipped]).toContainEqual(canaryPercents(history));
  const promoted = endOf(each) === "Promoted";
  const after = log.window(endedAtMs);
  expect(after.countByVersion(), "who answers after the end").toEqual({ [promoted ? tag : "v1"]: after.total });
  const raisedAtMs = history.find((reading) => (reading.percents["canary"] ?? 0) > 0)?.atMs ?? Number.POSITIVE_INFINITY;
  expect(log.window(0, raisedAtMs - 500).ofVersion(tag).total, "users on it before its first step").toBe(0);
  if (version === "good") expectShares(log, history, tag);
  expect([...new Set(log.failures().map((failure) => failure.version))]).toEqual(version === "good" ? [] : [tag]);
  const written = withImage(before, `shop/checkout:${tag}`);
  expect(await objectsAsWritten(scene)).toEqual(promoted ? written : paused(written));
  await expectTold(scene, each);
  if (version === "good") return { title: titleOf(each) };
  const fromMs = Math.max(restartedAtMs, log.firstFailure()?.sentAtMs ?? 0);
  const safeAfterMs = Math.max(0, (log.lastFailure()?.sentAtMs ?? 0) - fromMs);
  expect(safeAfterMs, "ms until users are safe").toBeLessThanOrEqual(SAFE_MS);
  return { title: titleOf(each), safeAfterMs };
}

/** As it is stored, which is all that the next controller knows. */
async function phaseOf({ lab, shop }: Scene): Promise<string> {
  const ref = { apiVersion: sluiceApi, kind: "RolloutRun", namespace: shop.namespace, name: "checkout-1" };
  const { status } = (await lab.admin.get(ref)) as { status?: { phase?: string } };
  return status?.phase ?? "Preflight";
}

function endOf({ ends, version }: KillCase): string {
  return ends ?? (version === "good" ? "Promoted" : "RolledBack");
}

async function end(scene: Scene, each: KillCase): Promise<void> {
  const { runs, lab, rollout } = scene;
  const ends = endOf(each);
  if (ends === "Released") {
    await until("the Rollout is gone", async () => (await lab.admin.find(rollout)) === undefined);
    return;
  }
  await runs.waitFor(1, ends as "Promoted", 90_000);
  await runs.waitForRollout(ends === "Promoted" ? "Healthy" : "RolledBack");
}

/** Killed before its first user, a bad version comes to 10 %; after the last step it had everybody. */
function percentsOf({ state, version }: KillCase): number[] {
  const late = ["SwappingLabels", "SwappingWeight", "Keeping"].includes(state);
  return version === "good" || late ? [0, 10, 30, 100, 0] : [0, 10, 0];
}

async function expectTold(scene: Scene, each: KillCase): Promise<void> {
  const told = each.told ?? goodRelease;
  const last = each.version === "good" ? (told.at(-1) ?? "") : "RolledBack";
  const reasons = await reasonsOf(scene, last);
  if (each.version === "good") {
    expect(reasons).toEqual(["Adopted", ...told]);
    return;
  }
  const notes = (await eventsOf(scene.lab, scene.shop.namespace)).map(({ reason, note }) => `${reason}: ${note}`);
  expect(
    notes.filter((note, at) => notes.indexOf(note) !== at),
    "told twice",
  ).toEqual([]);
  expect(reasons.at(-1)).toBe("RolledBack");
  // After the swap it is the old pods that users go back to, and that is what is told.
  expect(reasons.filter((reason) => reason === "SLOBreached" || reason === "Undoing")).toHaveLength(1);
}
