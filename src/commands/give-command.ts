import { isFinal, type Verb } from "../api/phase.ts";
import type { Command, TransitionRecord } from "../api/run.ts";
import { type Clock, delay } from "../clock.ts";
import type { ReadRun } from "../controller/observe.ts";
import { readRun } from "../controller/read.ts";
import { rolloutRuns } from "../controller/resources.ts";
import { isNotFound } from "../kube/errors.ts";
import type { KubeApi, KubeObject } from "../kube/port.ts";
import { events } from "../kube/resources.ts";
import { listRuns, type Where } from "./find-rollout.ts";

/** What became of a command. */
export type Outcome =
  | { kind: "accepted"; message: string }
  | { kind: "refused"; message: string }
  /** It is recorded, and nobody has answered within the time given. */
  | { kind: "unanswered" };

const LOOK_MS = 200;

/**
 * Appends a command to a run. Others that are given meanwhile stay, and a run of the same name that is another is left alone.
 * @throws ApiError 403 when the requester lacks the verb, 422 when the command is not a valid one
 */
export async function appendCommand(api: KubeApi, run: ReadRun, command: Command): Promise<ReadRun> {
  const operations = [
    { op: "test" as const, path: "/metadata/uid", value: run.uid },
    { op: "add" as const, path: "/spec/commands/-", value: command },
  ];
  const object = await api.patch(
    rolloutRuns,
    run,
    { type: "json", operations },
    { fieldManager: "sluice-cli", fieldValidation: "Strict" },
  );
  return readRun(object) ?? run;
}

/** Waits until the controller has answered a command that `given` holds, but no longer than `waitMs`. */
export async function awaitOutcome(
  where: Where,
  clock: Clock,
  given: ReadRun,
  id: string,
  waitMs: number,
): Promise<Outcome> {
  const untilMs = clock.monotonic() + waitMs;
  const look = isFinal(given.status.phase) ? lookForNewRun : lookAtRun;
  while (clock.monotonic() < untilMs) {
    const outcome = await look(where, given, id);
    if (outcome !== undefined) return outcome;
    await delay(clock, Math.min(LOOK_MS, Math.max(1, untilMs - clock.monotonic())));
  }
  return { kind: "unanswered" };
}

async function lookAtRun({ api }: Where, given: ReadRun, id: string): Promise<Outcome | undefined> {
  const now = readRun(await api.get(rolloutRuns, given));
  if (now === undefined || !now.status.commandsSeen.includes(id)) return undefined;
  const verb = now.spec.commands.find((command) => command.id === id)?.verb;
  const taken = newTransitions(given, now).find(({ event }) => event === verb);
  if (taken !== undefined) return { kind: "accepted", message: sentence(now.name, taken) };
  return refusal(api, given, id);
}

/** Told in an Event beside the status, so it may come a moment later. */
async function refusal(api: KubeApi, run: ReadRun, id: string): Promise<Outcome | undefined> {
  // Named as the controller names it, by run and command.
  const name = `${run.name}.${id}.${run.uid.slice(0, 8)}`;
  try {
    const event: KubeObject = await api.get(events, { namespace: run.namespace, name });
    const { note } = event;
    return { kind: "refused", message: typeof note === "string" ? note : "the controller refused it" };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** A run that has ended answers no more: retry and undo show in a run that begins. */
async function lookForNewRun(where: Where, given: ReadRun, id: string): Promise<Outcome | undefined> {
  const { runs } = await listRuns(where, given.spec.rollout);
  const [newest] = runs;
  if (newest === undefined || newest.spec.ordinal <= given.spec.ordinal) return refusal(where.api, given, id);
  return { kind: "accepted", message: `${newest.name} has begun (${newest.spec.reason})` };
}

function newTransitions(before: ReadRun, after: ReadRun): TransitionRecord[] {
  const known = new Set(before.status.transitions.map((record) => JSON.stringify(record)));
  return after.status.transitions.filter((record) => !known.has(JSON.stringify(record)));
}

function sentence(run: string, { from, to, message, event }: TransitionRecord): string {
  return `${run}: ${from === to ? `stays ${from}` : `${from} → ${to}`}: ${message ?? event}`;
}

/** Short enough to type, and unique in a list of at most a hundred. */
export function commandId(verb: Verb, uuid: string): string {
  return `${verb}-${uuid.replaceAll("-", "").slice(0, 12)}`;
}
