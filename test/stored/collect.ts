/**
 * Writes one stored RolloutRun and its Rollout for every phase, as this version of Sluice writes them, into test/stored/VERSION/.
 * Once for each version that is released: what stands there is never written anew, since clusters hold what that version wrote.
 *
 *   npm run stored
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { PHASES, type Phase } from "../../src/api/phase.ts";
import type { House } from "../../src/controller/fixture.test-helper.ts";
import { ref } from "../../src/controller/fixture.test-helper.ts";
import { rollouts } from "../../src/controller/resources.ts";
import { houseIn } from "../../src/controller/states.test-helper.ts";

/** How a run comes to the phases that shipping alone does not lead to. */
const DETOURS: Partial<Record<Phase, (house: House) => Promise<unknown>>> = {
  Aborted: (house) => house.command("abort"),
  Superseded: (house) => house.ship("v3"),
  Releasing: (house) => house.alice.delete(rollouts, ref),
};

async function stored(phase: Phase): Promise<object> {
  const detour = DETOURS[phase];
  const house = await houseIn(detour === undefined ? phase : phase === "Releasing" ? "Keeping" : "Observing");
  await detour?.(house);
  await house.untilPhase(phase, 1);
  const rollout = house.object("rollouts.sluice.dev");
  const run = house.object("rolloutruns.sluice.dev", house.run(1)?.name);
  house.sim.stop();
  return { rollout, run };
}

const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const folder = new URL(`./${version}/`, import.meta.url);
await mkdir(folder, { recursive: true });
for (const phase of PHASES) {
  const file = new URL(`${phase}.json`, folder);
  if (existsSync(file)) {
    console.log(`${phase}: kept as it is`);
    continue;
  }
  await writeFile(file, `${JSON.stringify(await stored(phase), undefined, 2)}\n`);
  console.log(`${phase}: written`);
}
