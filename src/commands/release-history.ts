import { isFinal } from "../api/phase.ts";
import { systemClock } from "../clock.ts";
import type { ReadRun } from "../controller/observe.ts";
import { connect } from "./connect.ts";
import { explain } from "./explain.ts";
import { findRollout, listRuns, type Where } from "./find-rollout.ts";
import type { HistoryFlags } from "./history.ts";
import { printable } from "./printable.ts";
import { serialize } from "./serialize.ts";
import { ageOf, columns, cutTo } from "./table.ts";

/** Prints the runs of a Rollout. @throws CommandFailure */
export async function history(name: string, flags: HistoryFlags): Promise<void> {
  const { api, namespace, server } = connect(flags);
  const where: Where = { api, namespace: flags.namespace ?? namespace, server };
  const { output } = flags;
  try {
    await findRollout(where, name);
    const { runs, unreadable } = await listRuns(where, name);
    if (unreadable.length > 0)
      process.stderr.write(`sluice: left out, since another version of Sluice wrote them: ${unreadable.join(", ")}\n`);
    if (output === "json" || output === "yaml") {
      const items = runs.map(({ object }) => object);
      process.stdout.write(await serialize({ apiVersion: "v1", kind: "List", items }, output));
    } else if (runs.length === 0) {
      process.stderr.write(
        `Rollout ${name} has had no run yet: a change of the Deployment's pod template begins one.\n`,
      );
    } else {
      const width = process.stdout.isTTY ? process.stdout.columns : undefined;
      process.stdout.write(historyTable(runs, { wide: output === "wide", nowMs: systemClock.now(), width }));
    }
  } catch (error) {
    throw explain(error, server);
  } finally {
    await api.close();
  }
}

/** Runs as a table, one a line, in the order given. `width` cuts lines; undefined: they are as long as they are. */
export function historyTable(
  runs: readonly ReadRun[],
  { wide, nowMs, width }: { wide: boolean; nowMs: number; width?: number | undefined },
): string {
  const head = ["RUN", "REASON", "PHASE", ...(wide ? ["FROM", "TO", "HASH"] : []), "BEGAN", "TOOK", "WHY"];
  const lines = columns([head, ...runs.map((run) => row(run, wide, nowMs))]);
  return `${lines.map((line) => cutTo(printable(line), wide ? undefined : width)).join("\n")}\n`;
}

function row({ name, spec, status }: ReadRun, wide: boolean, nowMs: number): string[] {
  const { phase, startedAt, finishedAt, end, message } = status;
  const untilMs = finishedAt === undefined ? nowMs : Date.parse(finishedAt);
  const why = isFinal(phase) ? (end?.message ?? "") : message;
  return [
    name,
    spec.reason,
    phase,
    ...(wide ? [spec.from.revision, spec.to.revision, spec.to.hash] : []),
    startedAt === undefined ? "-" : `${ageOf(startedAt, nowMs)} ago`,
    ageOf(startedAt, untilMs),
    why.replaceAll(/\s+/g, " "),
  ];
}
