/**
 * Writes one stored RolloutRun and its Rollout for every phase, as this version of Sluice writes them, into test/stored/NAME/: the
 * version, unless another name is given, as for something new that has landed since. What stands there is never written anew, since
 * clusters hold what that version wrote.
 *
 *   npm run stored [-- NAME]
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { API_VERSION } from "../../src/api/metadata.ts";
import { PHASES, type Phase } from "../../src/api/phase.ts";
import { type House, type HouseOptions, ref } from "../../src/controller/fixture.test-helper.ts";
import { clusterRolloutPolicies, rollouts } from "../../src/controller/resources.ts";
import { makesSecret } from "../../src/controller/secret.test-helper.ts";
import { houseIn } from "../../src/controller/states.test-helper.ts";
import { createReceiver, postTo } from "../../src/notify/receiver.test-helper.ts";
import { BOT_TOKEN, CHANNEL_ID, createWorkspace } from "../../src/notify/slack-workspace.test-helper.ts";

/** How a run comes to the phases that shipping alone does not lead to. */
const DETOURS: Partial<Record<Phase, (house: House) => Promise<unknown>>> = {
  Aborted: (house) => house.command("abort"),
  Superseded: (house) => house.ship("v3"),
  Releasing: (house) => house.alice.delete(rollouts, ref),
};

const SECRET = "sluice-slack";

const POLICY = {
  apiVersion: API_VERSION,
  kind: "ClusterRolloutPolicy",
  metadata: { name: "critical" },
  spec: {
    namespaceSelector: {},
    windows: [{ name: "always", kind: "Allow", schedule: "0 0 * * *", duration: "24h" }],
    limits: { maxFirstWeight: 50, objectives: [{ name: "errors", errorRate: { max: "5%" } }] },
    notifications: {
      channels: [{ name: "team", slackBot: { secretRef: { name: SECRET }, channel: CHANNEL_ID } }],
    },
  },
};

/** With everything that leaves a trace in a run: a policy with a limit and a window, and a channel that was told. */
function everything(): HouseOptions {
  const workspace = createWorkspace();
  return {
    post: postTo(createReceiver((received) => workspace.read(received))),
    furnish: (alice) =>
      Promise.all([makesSecret(SECRET, { token: BOT_TOKEN })(alice), alice.create(clusterRolloutPolicies, POLICY)]),
  };
}

async function stored(phase: Phase): Promise<object> {
  const detour = DETOURS[phase];
  const from = detour === undefined ? phase : phase === "Releasing" ? "Keeping" : "Observing";
  const house = await houseIn(from, everything());
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
const [name = version] = process.argv.slice(2);
const folder = new URL(`./${name}/`, import.meta.url);
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
