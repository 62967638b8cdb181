import { isFinal } from "../api/phase.ts";
import { formatPercent } from "../api/units.ts";
import type { ReadRun } from "../controller/observe.ts";
import type { KubeObject } from "../kube/port.ts";
import type { Release } from "./look-at-release.ts";
import { podLines, podTroubles, type Room } from "./pod-lines.ts";
import type { PodStanding } from "./pod-standing.ts";
import { printable } from "./printable.ts";
import { releaseVerdict } from "./release-verdict.ts";
import { mark, VERDICT_MARKS } from "./rollout-page.ts";
import { currentStep } from "./standing.ts";
import { ageOf, columns, cutTo, wrapTo } from "./table.ts";

/** A release with the Deployments whose pods carry its users. */
export interface WatchedRelease extends Release {
  /** By name; those that are gone are left out. */
  deployments: readonly KubeObject[];
  /** Their Pods, by the Deployment's name; those that one looks for first. */
  pods: ReadonlyMap<string, readonly PodStanding[]>;
}

/** What a picture may take; undefined: as much as it wants. */
export interface TreeSize {
  columns?: number | undefined;
  rows?: number | undefined;
}

/** How many Pods of each Deployment are named, the fewer the less room there is. */
const POD_COUNTS = [10, 5, 3, 1, 0];

/** A release as a tree, one line an element of the array. Where there is little room fewer Pods are named, and lines are cut. */
export function releaseTree(release: WatchedRelease, nowMs: number, { columns: width, rows }: TreeSize): string[] {
  const all = POD_COUNTS.map((most) =>
    wholeTree(release, nowMs, { width, most }).map((line) => cutTo(printable(line), width)),
  );
  return all.find((lines) => rows === undefined || lines.length <= rows) ?? all.at(-1)?.slice(0, rows) ?? [];
}

function wholeTree(release: WatchedRelease, nowMs: number, room: Room): string[] {
  const { name, namespace, rollout, run } = release;
  const lines = [`${name}  (${namespace})  ${rollout.phase === "" ? "Unseen" : rollout.phase}`];
  if (run === undefined)
    lines.push(`└─ no run yet; ${pods(release, release.workload)}`, ...named(release, release.workload, "   ", room));
  else lines.push(...ofRun(release, run, nowMs, room));
  return [...lines, ...wrapTo(releaseVerdict(release).message, room.width)];
}

/** A branch of the tree, with the Deployment whose Pods hang on it. */
interface Branch {
  text: string;
  workload?: string;
}

function ofRun(release: WatchedRelease, run: ReadRun, nowMs: number, room: Room): string[] {
  const { spec, status } = run;
  const ended = isFinal(status.phase);
  const since = ended ? status.finishedAt : status.since;
  const age = since === undefined ? "" : ` ${ageOf(since, nowMs)}${ended ? " ago" : ""}`;
  const steps = columns(
    spec.plan.steps.map((step, index) => [`${mark(run, step, index)} ${step.name}`, formatPercent(step.weight)]),
  );
  const verdicts = status.objectives.map(
    ({ name, verdict, message }) => `${VERDICT_MARKS[verdict]} ${name} ${verdict}: ${message}`,
  );
  const plain = (text: string): Branch => ({ text });
  const branches = [...steps.map(plain), ...users(release, run), ...verdicts.map(plain)];
  return [
    `└─ ${run.name}  ${status.phase}${age}`,
    ...branches.flatMap(({ text, workload }, index) => {
      const last = index === branches.length - 1;
      const below = workload === undefined ? [] : named(release, workload, last ? "      " : "   │  ", room);
      return [`   ${last ? "└─" : "├─"} ${text}`, ...below];
    }),
  ];
}

/** The Pods of a Deployment by name. */
function named(release: WatchedRelease, workload: string, indent: string, room: Room): string[] {
  return podLines(release.pods.get(workload) ?? [], countsOf(release, workload)?.wanted ?? 0, indent, room);
}

/** Who meets which version, and on which pods. */
function users(release: WatchedRelease, { spec, status }: ReadRun): Branch[] {
  if (isFinal(status.phase)) {
    const { live } = release.rollout;
    if (live === undefined) return [];
    const { revision, workload } = live;
    return [{ text: `users 100% → ${revision}  ${pods(release, workload)}`, workload }];
  }
  const weight = status.weightInForce;
  const sides = [
    { subset: "stable", percent: 100 - weight, on: spec.from },
    { subset: "canary", percent: weight, on: spec.to },
  ];
  const texts = columns(
    sides.map(({ subset, percent, on }) => [
      subset,
      formatPercent(percent),
      `→ ${on.revision}`,
      pods(release, on.workload),
    ]),
  );
  return sides.map(({ on }, index) => ({ text: texts[index] ?? "", workload: on.workload }));
}

function pods(release: WatchedRelease, workload: string): string {
  const counts = countsOf(release, workload);
  return counts === undefined ? "no pods" : `${counts.ready}/${counts.wanted} pods ready`;
}

/** Pods of a Deployment, wanted and ready; undefined when it is gone. */
function countsOf({ deployments }: WatchedRelease, workload: string): { ready: number; wanted: number } | undefined {
  const found = deployments.find(({ metadata }) => metadata.name === workload);
  if (found === undefined) return undefined;
  const wanted = (found["spec"] as { replicas?: number } | undefined)?.replicas ?? 1;
  const ready = (found["status"] as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0;
  return { ready, wanted };
}

/** The same in one line, for a log. It differs whenever there is something new to tell. */
export function releaseLine(release: WatchedRelease): string {
  const { rollout, run } = release;
  const { message } = releaseVerdict(release);
  if (run === undefined) return `${rollout.phase === "" ? "Unseen" : rollout.phase}: ${printable(message)}`;
  const { phase, weightInForce, objectives } = run.status;
  const verdicts = objectives.map(({ name, verdict }) => `${name}=${verdict}`);
  const carried = [...new Set([run.spec.from.workload, run.spec.to.workload])].map(
    (workload) =>
      `${workload}=${pods(release, workload).replace(" pods ready", "")}${podTroubles(release.pods.get(workload) ?? [])}`,
  );
  const parts = [run.name, phase, `step=${currentStep(run)}`, `weight=${formatPercent(weightInForce)}`, ...verdicts];
  return printable(
    `${[...parts, ...carried.filter((text) => !text.endsWith("no pods"))].join(" ")}: ${message.replaceAll(/\s+/g, " ")}`,
  );
}
