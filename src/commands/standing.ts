import { isFinal } from "../api/phase.ts";
import type { RunSpec, RunStatus } from "../api/run.ts";

type Run = { name: string; spec: RunSpec; status: RunStatus };

/** The step whose approval the run waits for, by name. A step's approval gates the one after it. */
export function stepToApprove({ spec, status }: Run): string | undefined {
  if (status.phase !== "Waiting" || status.step === 0) return undefined;
  const before = spec.plan.steps[status.step - 1];
  return before?.approval === true && !status.approved.includes(before.name) ? before.name : undefined;
}

/** The step that is being worked on, by name: while the run waits at a gate, the one before the gate. */
export function currentStep({ spec, status }: Run): string {
  const index = status.phase === "Waiting" ? Math.max(0, status.step - 1) : status.step;
  return spec.plan.steps[Math.min(index, spec.plan.steps.length - 1)]?.name ?? "";
}

/** What a person may want to do next with the newest run, as arguments of `sluice`, each with what it does. */
export function nextCommands(rollout: string, run: Run): { args: string; effect: string }[] {
  const { phase, stalled, pause } = run.status;
  const approve = stepToApprove(run);
  const abort = { args: `abort ${rollout}`, effect: "take the new version away from all users and end the run" };
  if (isFinal(phase)) {
    if (phase !== "RolledBack" && phase !== "Aborted") return [];
    return [{ args: `retry ${rollout}`, effect: "try the same version again; or change the Deployment's template" }];
  }
  if (approve !== undefined)
    return [{ args: `approve ${rollout} ${approve}`, effect: "let it go on to the next step" }, abort];
  if (phase === "Paused") {
    const seen = pause?.reason === "Breach" ? "go on all the same, with what was seen acknowledged" : "go on";
    return [{ args: `resume ${rollout}`, effect: seen }, abort];
  }
  if (phase === "Preflight" && stalled !== undefined)
    return [{ args: `retry ${rollout}`, effect: "look again, once what was found is mended" }, abort];
  if (phase === "Keeping") {
    return [
      { args: `undo ${rollout}`, effect: "put users back on the old pods, at once" },
      { args: `promote ${rollout}`, effect: "keep the old pods no longer" },
    ];
  }
  if (["Withdrawing", "Undoing", "Draining", "Releasing"].includes(phase)) return [];
  if (phase === "Converging" || phase === "Joining")
    return stalled === undefined ? [] : [{ args: `retry ${rollout}`, effect: "go on, with the time begun anew" }];
  if (phase === "SwappingLabels" || phase === "SwappingWeight")
    return [{ args: `undo ${rollout}`, effect: "go back to the old version" }];
  return [{ args: `pause ${rollout}`, effect: "stay at this weight" }, abort];
}
