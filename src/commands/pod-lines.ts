import type { PodStanding } from "./pod-standing.ts";
import { columns } from "./table.ts";

export interface Room {
  /** Characters that a line may have; undefined: any number. */
  width: number | undefined;
  /** Pods that are named. */
  most: number;
}

/** Pods as the ends of a tree's branch, below `indent`; `total` is how many there are. A long name loses its middle before the reason is cut. */
export function podLines(pods: readonly PodStanding[], total: number, indent: string, { width, most }: Room): string[] {
  const shown = pods.slice(0, most);
  if (shown.length === 0) return [];
  const left = Math.max(total, pods.length) - shown.length;
  const details = Math.max(...shown.map(({ detail }) => detail.length));
  const space = width === undefined ? undefined : width - indent.length - "├─ ✓ ".length - "  ".length - details;
  const rows = columns(
    shown.map(({ name, ready, detail }) => [`${ready ? "✓" : "✗"} ${withoutMiddle(name, space)}`, detail]),
  );
  const lines = left > 0 ? [...rows, `and ${left} more`] : rows;
  return lines.map((line, index) => `${indent}${index === lines.length - 1 ? "└─" : "├─"} ${line}`);
}

const SHORTEST_NAME = 12;

/** A Pod's name is told from others by its end. */
function withoutMiddle(name: string, most: number | undefined): string {
  const length = Math.max(SHORTEST_NAME, most ?? name.length);
  if (name.length <= length) return name;
  const tail = Math.floor((length - 1) / 2);
  return `${name.slice(0, length - 1 - tail)}…${name.slice(-tail)}`;
}

const MOST_REASONS = 3;

/** Why Pods are not ready, each reason once: what a log should keep. Without counts and details, which would make a line of each. */
export function podTroubles(pods: readonly PodStanding[]): string {
  const reasons = pods.filter(({ ready }) => !ready).map(({ detail }) => detail.replace(/[,:].*/, ""));
  const distinct = [...new Set(reasons)].slice(0, MOST_REASONS);
  return distinct.length === 0 ? "" : `(${distinct.join(",")})`;
}
