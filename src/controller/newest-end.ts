import { isFinal, type Outcome } from "../api/phase.ts";
import type { RolloutStatus } from "../api/run.ts";
import type { RestFacts } from "../engine/rest.ts";
import { refusedHash } from "../engine/undo.ts";
import type { ReadRun } from "./observe.ts";

/** How the newest run ended; by the Rollout's own memory where the run was deleted. */
export function newestEnd(newest: ReadRun | undefined, ended: RolloutStatus["ended"]): RestFacts["newestRun"] {
  if (newest !== undefined && isFinal(newest.status.phase)) {
    const { name, status } = newest;
    const message = status.end?.message ?? status.message;
    // A newer one has ended and is gone: what it refused stays refused.
    if (!isOlder(newest, ended))
      return {
        name,
        outcome: status.phase as Outcome,
        hash: refusedHash(newest),
        retry: asksForRetry(newest),
        message,
        ...(isWayBack(newest) && status.end?.reason === "HoldBroken" ? { rolledOutItself: true } : {}),
      };
  }
  return ended === undefined
    ? undefined
    : { name: ended.run, outcome: ended.outcome, hash: ended.hash, retry: false, message: ended.message };
}

function isWayBack({ spec }: ReadRun): boolean {
  return spec.reason === "FastPath" || spec.reason === "Undo";
}

/** Whether a newer run than this one has ended and is gone. */
export function isOlder(run: ReadRun, ended: RolloutStatus["ended"]): boolean {
  return ended !== undefined && Number(ended.run.split("-").at(-1)) > run.spec.ordinal;
}

function asksForRetry(run: ReadRun): boolean {
  return run.spec.commands.some((command) => command.verb === "retry" && !run.status.commandsSeen.includes(command.id));
}
