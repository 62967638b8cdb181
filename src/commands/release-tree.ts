import { isFinal } from "../api/phase.ts";
import { formatPercent } from "../api/units.ts";
import type { ReadRun } from "../controller/observe.ts";
import type { KubeObject } from "../kube/port.ts";
import type { Release } from "./look-at-release.ts";
import { releaseVerdict } from "./release-verdict.ts";
import { mark, VERDICT_MARKS } from "./rollout-page.ts";
import { currentStep } from "./standing.ts";
import { ageOf, columns, cutTo } from "./table.ts";

/** A release with the Deployments whose pods carry its users. */
export interface WatchedRelease extends Release {
  /** By name; those that are gone are left out. */
  deployments: readonly KubeObject[];
}

/** A release as a tree, one line an element of the array, none longer than `width` characters. */
export function releaseTree(release: WatchedRelease, nowMs: number, width: number | undefined): string[] {
  const { name, namespace, rollout, run } = release;
  const lines = [`${name}  (${namespace})  ${rollout.phase === "" ? "Unseen" : rollout.phase}`];
  if (run === undefined) lines.push(`└─ no run yet; ${pods(release, release.workload)}`);
  else lines.push(...ofRun(release, run, nowMs));
  lines.push(releaseVerdict(release).message.replaceAll(/\s+/g, " "));
  return lines.map((line) => cutTo(line, width));
}

function ofRun(release: WatchedRelease, run: ReadRun, nowMs: number): string[] {
  const { spec, status } = run;
  const ended = isFinal(status.phase);
  const age = ageOf(ended ? status.finishedAt : status.since, nowMs);
  const branches = [
    ...columns(
      spec.plan.steps.map((step, index) => [`${mark(run, step, index)} ${step.name}`, formatPercent(step.weight)]),
    ),
    ...users(release, run),
    ...status.objectives.map(
      ({ name, verdict, message }) => `${VERDICT_MARKS[verdict]} ${name} ${verdict}: ${message}`,
    ),
  ];
  return [
    `└─ ${run.name}  ${status.phase} ${ended ? `${age} ago` : age}`,
    ...branches.map((branch, index) => `   ${index === branches.length - 1 ? "└─" : "├─"} ${branch}`),
  ];
}

/** Who meets which version, and on which pods. */
function users(release: WatchedRelease, { spec, status }: ReadRun): string[] {
  if (isFinal(status.phase)) {
    const { live } = release.rollout;
    return live === undefined ? [] : [`users 100% → ${live.revision}  ${pods(release, live.workload)}`];
  }
  const weight = status.weightInForce;
  return columns([
    ["stable", formatPercent(100 - weight), `→ ${spec.from.revision}`, pods(release, spec.from.workload)],
    ["canary", formatPercent(weight), `→ ${spec.to.revision}`, pods(release, spec.to.workload)],
  ]);
}

function pods({ deployments }: WatchedRelease, workload: string): string {
  const found = deployments.find(({ metadata }) => metadata.name === workload);
  if (found === undefined) return "no pods";
  const wanted = (found["spec"] as { replicas?: number } | undefined)?.replicas ?? 1;
  const ready = (found["status"] as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0;
  return `${ready}/${wanted} pods ready`;
}

/** The same in one line, for a log. It differs whenever there is something new to tell. */
export function releaseLine(release: WatchedRelease): string {
  const { rollout, run } = release;
  const { message } = releaseVerdict(release);
  if (run === undefined) return `${rollout.phase === "" ? "Unseen" : rollout.phase}: ${message}`;
  const { phase, weightInForce, objectives } = run.status;
  const verdicts = objectives.map(({ name, verdict }) => `${name}=${verdict}`);
  const carried = [...new Set([run.spec.from.workload, run.spec.to.workload])].map(
    (workload) => `${workload}=${pods(release, workload).replace(" pods ready", "")}`,
  );
  const parts = [run.name, phase, `step=${currentStep(run)}`, `weight=${formatPercent(weightInForce)}`, ...verdicts];
  return `${[...parts, ...carried.filter((text) => !text.endsWith("no pods"))].join(" ")}: ${message.replaceAll(/\s+/g, " ")}`;
}
