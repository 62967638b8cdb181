import type { Phase } from "../api/phase.ts";
import type { RunStatus } from "../api/run.ts";
import type { RunFacts } from "./facts.ts";
import { msOf, rfc3339, type Memory } from "./memory.ts";
import type { Notice } from "./notice.ts";
import { labelsOf, sameLabels } from "./world.ts";

/** How often the labels may be rewritten within two minutes before that counts as a fight. They are put right all the same. */
export const MOST_RELABELS = 5;
const RELABEL_WINDOW_MS = 120_000;

type Relabels = RunStatus["relabels"];

/**
 * Notes that somebody rewrote the labels of our subsets since they were last put right: once for each write, by the API server's time,
 * which counts in whole seconds. Before the run's own first write there is nothing of ours to rewrite.
 */
export function withRelabels(phase: Phase, memory: Memory, facts: RunFacts): Memory {
  const { ruleWriter, stable, canary } = facts.routing;
  const wanted = labelsOf(phase, memory, facts);
  if (ruleWriter === undefined || wanted === undefined || facts.run.status.asFound === undefined) return memory;
  const isRight = sameLabels(stable ?? {}, wanted.stable) && sameLabels(canary ?? {}, wanted.canary);
  if (isRight || ruleWriter.time <= (memory.relabels.at(-1)?.writtenAt ?? "")) return memory;
  const relabel = { at: rfc3339(facts.nowMs), writtenAt: ruleWriter.time, by: ruleWriter.manager || "somebody" };
  return { ...memory, relabels: [...memory.relabels, relabel].slice(-(MOST_RELABELS + 1)) };
}

/** Who keeps rewriting the labels, and what to do about it; undefined while nobody does. */
export function labelsContended(relabels: Relabels, facts: RunFacts): string | undefined {
  const recent = relabels.filter(({ at }) => facts.nowMs - (msOf(at) ?? 0) < RELABEL_WINDOW_MS);
  if (recent.length <= MOST_RELABELS) return undefined;
  const by = recent.at(-1)?.by;
  return `the labels of subsets of DestinationRule ${ruleOf(facts)} were rewritten by ${by}, more than ${MOST_RELABELS} times in two minutes: tell ${by} to leave .spec.subsets of the DestinationRule alone (Argo CD: ignoreDifferences with RespectIgnoreDifferences=true; Flux: kustomize.toolkit.fluxcd.io/ssa: IfNotPresent)`;
}

/** What people are told of what `withRelabels` has noted; named after the write, so that it is told once. */
export function relabelNotices(before: Relabels, memory: Memory, facts: RunFacts): Notice[] {
  const last = memory.relabels.at(-1);
  if (last === undefined || last.writtenAt === before.at(-1)?.writtenAt) return [];
  const id = `${facts.run.name}.relabelled.${(msOf(last.writtenAt) ?? 0).toString(36)}`;
  const message = `the labels of subsets of DestinationRule ${ruleOf(facts)} were rewritten by ${last.by}: they are put right`;
  const contended = labelsContended(memory.relabels, facts);
  const isNew = contended !== undefined && labelsContended(before, facts) === undefined;
  return [
    { id, type: "Warning", reason: "LabelsReset", message },
    ...(isNew
      ? [{ id: `${id}.contended`, type: "Warning" as const, reason: "RouteContended", message: contended }]
      : []),
  ];
}

function ruleOf(facts: RunFacts): string {
  const { namespace, name } = facts.run.spec.pinned.istio.destinationRule;
  return `${namespace}/${name}`;
}
