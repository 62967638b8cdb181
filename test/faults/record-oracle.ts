import { isFinal } from "../../src/api/phase.ts";
import type { TransitionRecord } from "../../src/api/run.ts";
import type { Runs, RunSeen } from "./runs.ts";
import type { Verdicts } from "./verdicts.ts";

/** More of them are not kept. */
const KEPT_TRANSITIONS = 60;

/** What a run tells of itself: promise 7 of docs/safety.md, on every write of one. */
export function watchRecords(runs: Runs, verdicts: Verdicts): void {
  const broken = (run: RunSeen, sentence: string) => verdicts.broken("I7", `${run.name} ${sentence}`);

  runs.onWrite((run, before) => {
    const now = run.status.transitions ?? [];
    const then = before?.status.transitions ?? [];
    if (now.length >= KEPT_TRANSITIONS) return;
    if (JSON.stringify(now.slice(0, then.length)) !== JSON.stringify(then))
      broken(run, "forgot how it came to where it was");
    const added = now.slice(then.length);
    let phase: string = before?.status.phase ?? "Preflight";
    for (const record of added) {
      if (record.from !== phase) broken(run, `went from ${phase} to ${record.from} without a record`);
      phase = record.to;
      if ((record.message ?? "") === "") broken(run, `does not say why it went from ${record.from} to ${record.to}`);
    }
    if (phase !== run.status.phase) broken(run, `went from ${phase} to ${run.status.phase} without a record`);
    if (added.some(isPass)) saysWhatPassed(run);
    if (isFinal(run.status.phase) && run.status.phase !== before?.status.phase) saysWhyItEnded(run, now);
  });

  const isPass = ({ event }: TransitionRecord) => event === "stepPassed" || event === "lastStepPassed";

  function saysWhatPassed(run: RunSeen): void {
    const { objectives = [] } = run.status;
    if (objectives.length === 0) broken(run, "passed a step and does not say on which numbers");
    for (const { name, verdict, evidence } of objectives) {
      if (verdict !== "pass" || evidence === undefined || evidence.query === "")
        broken(run, `passed a step and does not say how ${name} stood`);
    }
  }

  function saysWhyItEnded(run: RunSeen, transitions: readonly TransitionRecord[]): void {
    const { phase, end, objectives = [], liveOnTwin } = run.status;
    if (phase === "Promoted") return;
    if (end === undefined || end.message === "") return broken(run, `ended ${phase} and does not say why`);
    if (end.reason === "Aborted" && end.by === undefined) broken(run, "was aborted and does not say by whom");
    const breached = transitions.some(({ event }) => event === "breachRollback");
    if (end.reason !== "Breach" || !breached || liveOnTwin === true) return;
    const shown = objectives.find(({ verdict }) => verdict === "breach")?.evidence;
    if (shown === undefined || shown.query === "" || shown.bad === 0)
      broken(run, "ended for a breach and does not say on which numbers");
  }
}
