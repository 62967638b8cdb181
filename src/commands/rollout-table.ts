import { formatPercent } from "../api/units.ts";
import { readRolloutStatus } from "../controller/read.ts";
import type { KubeObject } from "../kube/port.ts";
import { printable } from "./printable.ts";
import { ageOf, columns, cutTo } from "./table.ts";

export interface TableOptions {
  namespaces: boolean;
  wide: boolean;
  nowMs: number;
  /** Characters that a line may have; undefined: any number. */
  width?: number | undefined;
}

/** Rollouts as a table, one a line. */
export function rolloutTable(rollouts: readonly KubeObject[], options: TableOptions): string {
  const { namespaces, wide } = options;
  const head = [
    ...(namespaces ? ["NAMESPACE"] : []),
    "NAME",
    "PHASE",
    "RUN",
    "STEP",
    "WEIGHT",
    ...(wide ? ["LIVE", "AGE"] : []),
    "MESSAGE",
  ];
  const lines = columns([head, ...rollouts.map((rollout) => row(rollout, options))]);
  return `${lines.map((line) => cutTo(printable(line), wide ? undefined : options.width)).join("\n")}\n`;
}

function row(rollout: KubeObject, { namespaces, wide, nowMs }: TableOptions): string[] {
  const { name, namespace = "", creationTimestamp } = rollout.metadata;
  const status = readRolloutStatus(rollout);
  const under = status.currentRun !== undefined;
  return [
    ...(namespaces ? [namespace] : []),
    name,
    status.phase === "" ? "Unseen" : status.phase,
    status.currentRun ?? status.lastRun ?? "-",
    (under ? status.step : undefined) ?? "-",
    under && status.weight !== undefined ? formatPercent(status.weight) : "-",
    ...(wide ? [status.live?.revision ?? "-", ageOf(creationTimestamp, nowMs)] : []),
    status.phase === "" ? UNSEEN : status.message.replaceAll(/\s+/g, " "),
  ];
}

export const UNSEEN = "no controller has looked at it yet: does sluice controller run?";
