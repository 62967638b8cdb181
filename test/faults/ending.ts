import { isFinal } from "../../src/api/phase.ts";
import { LABEL_ROLLOUT } from "../../src/api/metadata.ts";
import { behaviourOfTag } from "../../src/sim/behaviour.ts";
import { calm, destinationsOf, type Git } from "./perform.ts";
import type { Runs } from "./runs.ts";
import { ROUTE, RULE, type Stage } from "./stage.ts";
import type { Verdicts } from "./verdicts.ts";

/** Nothing changes for so long: where a run waits for somebody, and where none is under way. */
const STILL_MS = { waiting: 20_000, rest: 4_000 } as const;
const PATIENCE_MS = 240_000;
const REST_MS = 5_000;
const MOST_WRITES_AT_REST = 8;

/** All faults off: the system settles, can be left by an abort, and then everything is as its user wrote it. */
export async function watchEnding(stage: Stage, git: Git, runs: Runs, verdicts: Verdicts): Promise<void> {
  const { house } = stage;
  await calm(stage, git);
  if (!(await settles(stage, runs))) return verdicts.broken("I5", `it never settles: ${standing(stage, runs)}`);
  if (runs.active() !== undefined && house.object("rollouts.sluice.dev") !== undefined) {
    await house.command("abort").catch(() => {});
    await until(stage, () => runs.active() === undefined, 120_000);
    if (runs.active() !== undefined) return verdicts.broken("I1", `an abort does not end it: ${standing(stage, runs)}`);
    if (!(await settles(stage, runs)))
      return verdicts.broken("I5", `it never settles after an abort: ${standing(stage, runs)}`);
  }
  await atRest(stage, git, runs, verdicts);
}

/** Waits until nothing of what matters has changed for a while. */
async function settles(stage: Stage, runs: Runs): Promise<boolean> {
  let last = "";
  let stillMs = 0;
  return until(
    stage,
    () => {
      const now = standing(stage, runs);
      stillMs = now === last ? stillMs + 1_000 : 0;
      last = now;
      // A pass that failed may wait for half a minute before its next try: health goes by that.
      if (stage.isExpecting() || stage.health.wellForMs() < STILL_MS.rest) return false;
      const enoughMs = runs.active() === undefined ? STILL_MS.rest : STILL_MS.waiting;
      return stillMs >= enoughMs && mayRest(stage, runs);
    },
    PATIENCE_MS,
  );
}

/** A run may stay where it is when it waits for people, and says so. */
function mayRest({ house }: Stage, runs: Runs): boolean {
  const run = runs.active();
  if (run === undefined) return true;
  const { phase, stalled, deadlines } = run.status;
  if (phase === "Keeping" && deadlines?.keep === undefined) return true;
  const spec = house.object("rollouts.sluice.dev")?.["spec"] as { suspend?: boolean } | undefined;
  if (spec?.suspend === true && (phase === "Scaling" || phase === "Observing")) return true;
  return phase === "Paused" || phase === "Waiting" || phase === "Preflight" || stalled !== undefined;
}

async function until(stage: Stage, done: () => boolean, limitMs: number): Promise<boolean> {
  for (let leftMs = limitMs; leftMs > 0; leftMs -= 1_000) {
    await stage.advance(1_000);
    if (done()) return true;
  }
  return false;
}

function standing({ house }: Stage, runs: Runs): string {
  const newest = runs.newest();
  const { phase, stalled, step, weightInForce } = newest?.status ?? {};
  const versions = ["checkout", newest?.name ?? ""].map((name) => {
    const found = house.object("deployments.apps", name);
    return found === undefined ? `no ${name}` : `${name} ${JSON.stringify(found["status"])}`;
  });
  return JSON.stringify([
    newest?.name,
    phase,
    stalled?.reason,
    step,
    weightInForce,
    house.object(ROUTE)?.["spec"],
    house.object(RULE)?.["spec"],
    versions,
  ]);
}

async function atRest(stage: Stage, git: Git, runs: Runs, verdicts: Verdicts): Promise<void> {
  const { house, terms } = stage;
  const fromMs = house.clock.now();
  const writesBefore = terms.writes();
  await stage.advance(REST_MS);
  const written = terms.writes() - writesBefore;
  if (written > MOST_WRITES_AT_REST) verdicts.broken("I5", `${written} writes in five seconds at rest`);
  const seen = house.sim.users.summary({ fromMs });
  const isBad = Object.keys(seen.byVersion).some((version) => (behaviourOfTag(version).errorFraction ?? 0) > 0);
  if (seen.failed > 0 && !isBad) verdicts.broken("I6", `${seen.failed} of ${seen.total} requests fail at rest`);
  const liveOnTwin = house.rolloutStatus().live?.track === "twin";
  const twins = house.sim.store
    .list("deployments.apps", "shop")
    .filter(({ metadata }) => metadata.labels?.[LABEL_ROLLOUT] !== undefined)
    .map(({ metadata }) => metadata.name);
  const protects = house.object("rollouts.sluice.dev") !== undefined;
  const due = protects && liveOnTwin ? 1 : 0;
  if (twins.length > due) verdicts.broken("I4", `twins are left: ${twins.join(", ")}; ${standing(stage, runs)}`);
  const hpa = house.object("horizontalpodautoscalers.autoscaling");
  const floor = (hpa?.["spec"] as { minReplicas?: number } | undefined)?.minReplicas;
  const ended = isFinal(runs.newest()?.status.phase ?? "Promoted");
  if (hpa !== undefined && floor !== 2 && ended && !liveOnTwin)
    verdicts.broken("I4", `the autoscaler's floor is left at ${floor}`);
  if (!liveOnTwin) routesAreTheirs(stage, git, verdicts);
}

function routesAreTheirs({ house, setting }: Stage, git: Git, verdicts: Verdicts): void {
  const route = house.object(ROUTE);
  const rule = house.object(RULE);
  const now = JSON.stringify(route?.["spec"]);
  if (setting.form === "plain") {
    if (now !== JSON.stringify(git.route["spec"])) verdicts.broken("I4", `the route is left as ${now}`);
    if (rule !== undefined) verdicts.broken("I4", `a rule is left: ${JSON.stringify(rule["spec"])}`);
    return;
  }
  const subsets = (rule?.["spec"] as { subsets?: { labels: object }[] } | undefined)?.subsets ?? [];
  for (const subset of subsets) {
    if (
      JSON.stringify(subset.labels) !== JSON.stringify({ app: "checkout" }) &&
      !JSON.stringify(subset).includes("nobody")
    )
      verdicts.broken("I4", `a subset is left as ${JSON.stringify(subset)}`);
  }
  if (destinationsOf(route).length !== 2) verdicts.broken("I4", `the route is left as ${now}`);
}
