import { join } from "node:path";
import { expect, test } from "vitest";
import { seededRandom } from "../../../src/sim/random.ts";
import { createScene, moreRequests } from "../../e2e/scene.ts";
import { tell } from "../../e2e/seen.ts";
import { sharedLab } from "../../e2e/shared.ts";
import { startSluice } from "../../e2e/sluice.ts";
import { startFaultProxy } from "../../lab/fault-proxy/fault-proxy.ts";
import { drawDisturbance, killed, type Disturbed } from "./soak-faults.ts";
import { expectFlat, REST_SECONDS, recordProcess } from "./soak-process.ts";
import { releaseUntil } from "./soak-releases.ts";

const shared = sharedLab({ controller: false });

/** `npm run soak` says more in the environment. */
const minutes = Number(process.env["SLUICE_LAB_SOAK_MINUTES"] ?? 1.2);
const seed = Number(process.env["SLUICE_LAB_SOAK_SEED"] ?? 1);
const SERVICES = 3;
const REQUESTS_PER_SECOND = 100;
/** Between two disturbances, so that each meets releases that go as they should. */
const CALM_SECONDS = 6;
const KILLS = 1 / 3;

test(`many releases, while one thing after the other goes wrong for ${minutes} min`, {
  timeout: minutes * 60_000 + 300_000,
}, async ({ onTestFailed }) => {
  const { lab } = shared;
  const random = seededRandom(seed);
  await using proxy = await startFaultProxy({ ...lab.info.apiserver, random });
  const kubeconfig = await proxy.writeKubeconfig(join(lab.info.dir, "soak.kubeconfig"), lab.info.tokens.sluice);
  await using sluice = await startSluice(lab, { kubeconfig });
  await using stack = new AsyncDisposableStack();
  const scenes = await Promise.all(
    Array.from({ length: SERVICES }, async () =>
      stack.use(await createScene(sluice, { onTestFailed, ratePerSecond: REQUESTS_PER_SECOND })),
    ),
  );
  const [first] = scenes;
  if (first === undefined) throw new Error("there is no service to release");
  using recorder = recordProcess(sluice.url);
  const beganMs = Date.now();
  const untilMs = beganMs + minutes * 60_000;
  const on: Disturbed = {
    proxy,
    sluice,
    pass: (seconds) => moreRequests({ load: first.load }, seconds * REQUESTS_PER_SECOND),
  };
  const met: Record<string, number> = {};

  async function disturb(): Promise<void> {
    await on.pass(CALM_SECONDS);
    while (Date.now() < untilMs) {
      // Kills come first: how memory does is seen in a process that lives on.
      const kills = Date.now() < beganMs + (untilMs - beganMs) * KILLS && random() < 0.5;
      const [name, act] = kills ? (["killed controller", killed] as const) : drawDisturbance(random);
      await act(on);
      if (kills) recorder.anew();
      met[name] = (met[name] ?? 0) + 1;
      await on.pass(CALM_SECONDS);
    }
  }

  const [, ...releases] = await Promise.all([
    disturb(),
    ...scenes.map((scene) => releaseUntil(scene, untilMs, seededRandom(Math.floor(random() * 2 ** 31)))),
  ]);
  await on.pass(REST_SECONDS);
  const all = releases.filter((each) => each !== undefined);
  const sum = (of: "promoted" | "rolledBack") => all.reduce((total, each) => total + each[of], 0);
  const harmMs = all.flatMap((each) => each.harmMs);
  tell(`soak of ${minutes} min, seed ${seed}`, {
    "went wrong": met,
    promoted: sum("promoted"),
    "rolled back": sum("rolledBack"),
    requests: scenes.reduce((total, { load }) => total + load.log.total, 0),
    "longest harm in s": Math.max(0, ...harmMs) / 1000,
    ...expectFlat(recorder.samples()),
  });
  expect(Object.keys(met).length, "kinds of trouble").toBeGreaterThan(1);
  expect(sum("promoted"), "promoted releases").toBeGreaterThan(0);
  expect(sum("rolledBack"), "releases that were rolled back").toBeGreaterThan(0);
});
