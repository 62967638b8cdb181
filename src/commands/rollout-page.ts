import { isFinal } from "../api/phase.ts";
import type { ObjectiveStatus, PlannedStep, RolloutStatus } from "../api/run.ts";
import { formatDuration, formatPercent } from "../api/units.ts";
import { plannedPodSharePercent } from "../engine/size.ts";
import type { ReadRun } from "../controller/observe.ts";
import { policiesIn, stepOrigin } from "../report/step-origin.ts";
import { printable } from "./printable.ts";
import { UNSEEN } from "./rollout-table.ts";
import { currentStep, nextCommands, stepToApprove } from "./standing.ts";
import { ageOf, columns } from "./table.ts";

export interface PageInput {
  name: string;
  namespace: string;
  status: RolloutStatus;
  /** The run under way, or the newest one that ended. */
  run: ReadRun | undefined;
  nowMs: number;
  /** Turns a command's arguments into what this person types. */
  typed: (args: string) => string;
}

const KEPT_TRANSITIONS = 8;

/** A Rollout as a page to read: where it is, what is coming, what the numbers say, what happened, what to type. */
export function rolloutPage(input: PageInput): string {
  const { name, namespace, status, run } = input;
  const unseen = status.phase === "";
  const head = `Rollout ${name} in namespace ${namespace}: ${unseen ? "Unseen" : status.phase}`;
  const blocks = [[head, unseen ? UNSEEN : status.message].filter((line) => line !== "")];
  if (run !== undefined) {
    blocks.push(aboutRun(input, run), section("Steps", steps(run)));
    if (run.status.preflight.length > 0) blocks.push(section("Preflight", findings(run)));
    if (run.status.objectives.length > 0)
      blocks.push(section(`Objectives, step ${currentStep(run)}`, run.status.objectives.flatMap(objective)));
    blocks.push(section("What happened", history(run, input.nowMs)));
  }
  blocks.push(section("Next", next(input)));
  const text = blocks.filter((block) => block.length > 0).map((block) => block.join("\n"));
  return printable(`${text.join("\n\n")}\n`);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function aboutRun({ nowMs, status: { live } }: PageInput, run: ReadRun): string[] {
  const { spec, status } = run;
  const ended = isFinal(status.phase);
  const when = ended
    ? `, ended ${ageOf(status.finishedAt, nowMs)} ago`
    : status.since === undefined
      ? ""
      : ` for ${ageOf(status.since, nowMs)}`;
  const rows = [
    ["Run", `${run.name} (${spec.reason}): ${status.phase}${when}`],
    ["Users", ended ? `all on ${live?.revision ?? "the live revision"}` : users(run)],
  ];
  if (status.pause !== undefined && status.phase === "Paused") rows.push(["Paused", because(status.pause)]);
  if (status.stalled !== undefined) rows.push(["Stalled", because(status.stalled)]);
  if (status.end !== undefined) rows.push([ended ? "Ended" : "Ending", because(status.end)]);
  const policies = policiesIn(spec.plan);
  if (policies.length > 0) rows.push(["Policies", policies.join(", ")]);
  const approve = stepToApprove(run);
  if (approve !== undefined) rows.push(["Waits", `for the approval of step ${approve}`]);
  if (status.window !== undefined) rows.push(["Waits", `for a window: ${status.window.message}`]);
  return columns(rows);
}

function users({ spec, status }: ReadRun): string {
  const { weightInForce } = status;
  if (weightInForce === 0) return `all on ${spec.from.revision}`;
  if (weightInForce === 100) return `all on ${spec.to.revision}`;
  return `${formatPercent(weightInForce)} on ${spec.to.revision}, the rest on ${spec.from.revision}`;
}

function because({ reason, message, by }: { reason: string; message: string; by?: string | undefined }): string {
  return `${reason}: ${message}${by === undefined || message.includes(by) ? "" : ` (${by})`}`;
}

function steps(run: ReadRun): string[] {
  const { spec, status } = run;
  const isShared = policiesIn(spec.plan).length > 0;
  return columns(
    spec.plan.steps.map((step, index) => [
      `${mark(run, step, index)} ${step.name}`,
      share(run, step.weight),
      `for ${formatDuration(step.observeMs)}${gate(step, status.approved)}`,
      ...(isShared ? [`from ${stepOrigin(spec.plan, step)}`] : []),
    ]),
  );
}

/** With callers past the routes accepted, what they meet is said beside the weight. */
function share({ spec }: ReadRun, weight: number): string {
  if (spec.plan.unmanagedCallers !== "Accept") return formatPercent(weight);
  const pods = Number(plannedPodSharePercent(weight, spec.pinned.sizeAtStart).toFixed(1));
  return `${formatPercent(weight)} (past the routes ${formatPercent(pods)})`;
}

function gate(step: PlannedStep, approved: readonly string[]): string {
  if (!step.approval) return "";
  return approved.includes(step.name) ? ", approved" : ", then approval";
}

/** How far a run is with a step: ✓ done, ▶ at hand, ✗ where it ended, · to come. */
export function mark(run: ReadRun, step: PlannedStep, index: number): string {
  const { phase } = run.status;
  if (phase === "Promoted" || ["SwappingLabels", "SwappingWeight", "Keeping", "Converging", "Joining"].includes(phase))
    return "✓";
  const reached = run.spec.plan.steps.findIndex((candidate) => candidate.name === currentStep(run));
  const passed = index < reached || (step.name === currentStep(run) && phase === "Waiting" && run.status.step > 0);
  if (passed) return "✓";
  if (index > reached) return "·";
  if (isFinal(phase) || ["Withdrawing", "Undoing", "Draining", "Releasing"].includes(phase)) return "✗";
  return phase === "Preflight" || phase === "Waiting" ? "·" : "▶";
}

function findings(run: ReadRun): string[] {
  return run.status.preflight.flatMap(({ id, severity, message, remedy }) => [
    `${severity === "fail" ? "✗" : "!"} ${id}: ${message}`,
    ...remedy.split("\n").map((line) => `    ${line}`),
  ]);
}

export const VERDICT_MARKS: Readonly<Record<ObjectiveStatus["verdict"], string>> = {
  pass: "✓",
  breach: "✗",
  inconclusive: "?",
};

function objective({ name, verdict, message, evidence }: ObjectiveStatus): string[] {
  const said = `${VERDICT_MARKS[verdict]} ${name}  ${verdict}: ${message}`;
  if (evidence === undefined) return [said];
  const { bad, total, fraction, limitFraction, eValue, alpha } = evidence;
  const share = typeof fraction !== "number" ? "" : ` (${formatPercent(fraction * 100)})`;
  return [
    said,
    `    ${bad} bad of ${total} requests${share}, limit ${formatPercent(limitFraction * 100)}; E ${round(eValue)}, a breach from ${round(1 / alpha)}`,
  ];
}

function round(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "∞";
}

function history({ status }: ReadRun, nowMs: number): string[] {
  return columns(
    status.transitions
      .slice(-KEPT_TRANSITIONS)
      .map(({ at, from, to, message, event }) => [
        `${ageOf(at, nowMs)} ago`,
        from === to ? from : `${from} → ${to}`,
        message ?? event,
      ]),
  );
}

function next({ name, namespace, status, run, typed }: PageInput): string[] {
  // A version that was refused and is not asked for any more is not worth another try.
  const over = run === undefined || (isFinal(run.status.phase) && status.phase === "Healthy");
  const commands = over ? [] : nextCommands(name, run);
  if (commands.length === 0)
    return ["nothing to do: a change of the Deployment's pod template begins a run by itself"].filter(
      () => run === undefined || isFinal(run.status.phase),
    );
  return columns(commands.map(({ args, effect }) => [typed(`${args} -n ${namespace}`), `# ${effect}`]));
}
