import { randomUUID } from "node:crypto";
import { isFinal, type Verb } from "../api/phase.ts";
import type { Command } from "../api/run.ts";
import { formatDuration } from "../api/units.ts";
import { systemClock } from "../clock.ts";
import type { ReadRun } from "../controller/observe.ts";
import { connect } from "./connect.ts";
import { explain } from "./explain.ts";
import { CommandFailure, usage } from "./failure.ts";
import { findRollout, listRuns, type Where } from "./find-rollout.ts";
import { appendCommand, awaitOutcome, commandId, type Outcome } from "./give-command.ts";
import { printable } from "./printable.ts";
import { currentStep, stepToApprove } from "./standing.ts";
import { typed } from "./typed.ts";
import type { VerbFlags } from "./verbs.ts";
import { whoAmI } from "./who-am-i.ts";

export interface Told {
  verb: Verb;
  /** Of the Rollout. */
  name: string;
  step: string | undefined;
  flags: VerbFlags;
}

/** Gives a run a command and prints what came of it. @throws CommandFailure */
export async function tellRun(told: Told): Promise<void> {
  const { verb, name, flags } = told;
  const { api, namespace, server } = connect(flags);
  const where: Where = { api, namespace: flags.namespace ?? namespace, server };
  try {
    await findRollout(where, name);
    const { runs } = await listRuns(where, name);
    const run = chooseRun(verb, name, runs, flags.run);
    const step = needStep(told, run);
    const command: Command = {
      id: commandId(verb, randomUUID()),
      verb,
      by: await whoAmI(api),
      ...(step === undefined ? {} : { step }),
      ...(flags.reason === undefined ? {} : { reason: flags.reason }),
    };
    const given = await appendCommand(api, run, command);
    report(told, run, await awaitOutcome(where, systemClock, given, command.id, flags.wait));
  } catch (error) {
    throw explain(error, server);
  } finally {
    await api.close();
  }
}

/** Each begins a run of its own. */
const TAKEN_AFTER_THE_END: readonly Verb[] = ["retry", "undo"];

/** The run that a command is for. @throws CommandFailure when none fits, or several do */
export function chooseRun(verb: Verb, rollout: string, runs: readonly ReadRun[], named: string | undefined): ReadRun {
  const [newest] = runs;
  const active = runs.filter(({ status }) => !isFinal(status.phase));
  if (named !== undefined) {
    const meant = runs.find(({ name }) => name === named);
    if (meant === undefined)
      throw new CommandFailure(
        `Rollout ${rollout} has no run ${named}\nIt has: ${runs.map(({ name }) => name).join(", ") || "none yet"}`,
      );
    if (isFinal(meant.status.phase) && !(TAKEN_AFTER_THE_END.includes(verb) && meant === newest))
      throw new CommandFailure(`${ended(meant)}, so it cannot be told to ${verb}`);
    return meant;
  }
  if (active.length > 1)
    throw new CommandFailure(
      `several runs of ${rollout} are under way: ${active.map(({ name }) => name).join(", ")}\nSay which one is meant with --run NAME.`,
    );
  if (active[0] !== undefined) return active[0];
  if (newest === undefined)
    throw new CommandFailure(
      `Rollout ${rollout} has had no run yet, so there is nothing to ${verb}\nA change of the Deployment's pod template begins one.`,
    );
  if (TAKEN_AFTER_THE_END.includes(verb)) return newest;
  const hint =
    newest.status.phase === "RolledBack" || newest.status.phase === "Aborted"
      ? `\nTo try the same version again: ${typed(`retry ${rollout} -n ${newest.namespace}`)}`
      : "";
  throw new CommandFailure(
    `no run of ${rollout} is under way, so there is nothing to ${verb}: ${ended(newest)}${hint}`,
  );
}

function ended({ name, status }: ReadRun): string {
  return `${name} has ended (${status.phase}${status.end === undefined ? "" : `: ${status.end.message}`})`;
}

/** approve and skip say which step they mean, so that a command cannot hit a step that came since its giver looked. */
export function needStep({ verb, name, step }: Pick<Told, "verb" | "name" | "step">, run: ReadRun): string | undefined {
  if (verb !== "approve" && verb !== "skip") return undefined;
  if (step !== undefined) return step;
  const asked = run.spec.plan.steps.filter(({ approval }) => approval).map((candidate) => candidate.name);
  const at = verb === "approve" ? stepToApprove(run) : currentStep(run);
  const says =
    verb === "approve"
      ? at === undefined
        ? "none waits for approval now"
        : `${at} waits for approval`
      : `${at} is at hand`;
  const all = verb === "approve" && at === undefined ? `\nSteps that ask for one: ${asked.join(", ") || "none"}` : "";
  throw usage(
    `which step? ${says}${at === undefined ? all : `\nType: ${typed(`${verb} ${name} ${at} -n ${run.namespace}`)}`}`,
  );
}

/** Prints what came of a command. @throws CommandFailure when it was refused, or nobody answered */
function report({ verb, name, flags }: Told, run: ReadRun, outcome: Outcome): void {
  if (outcome.kind === "refused") throw new CommandFailure(outcome.message);
  if (outcome.kind === "unanswered" && flags.wait > 0) {
    const waited = formatDuration(flags.wait);
    const look = `${typed(`get ${name} -n ${run.namespace}`)}; and whether a controller runs: kubectl -n sluice-system get pods`;
    throw new CommandFailure(
      `${verb} is recorded in ${run.name}, but not answered within ${waited}\nLook again: ${look}`,
    );
  }
  process.stdout.write(
    outcome.kind === "accepted" ? `${printable(outcome.message)}\n` : `${verb} is recorded in ${run.name}\n`,
  );
}
