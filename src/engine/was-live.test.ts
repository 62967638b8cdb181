import { describe, expect, test } from "vitest";
import type { Phase } from "../api/phase.ts";
import { wasLive, type EndedRun } from "./was-live.ts";

const tracked = (hash: string) => ({
  track: "own" as const,
  revision: hash,
  hash,
  podLabels: {},
  workload: "checkout",
});

function ended(
  from: string,
  to: string,
  phase: Phase,
  events: readonly string[] = [],
  reason: EndedRun["spec"]["reason"] = "NewRevision",
): EndedRun {
  const transitions = events.map((event) => ({ at: "2026-01-01T00:00:00Z", from: "A", to: "B", event }));
  return { spec: { from: tracked(from), to: tracked(to), reason }, status: { phase, transitions } };
}

const ROWS: readonly [string, boolean, readonly EndedRun[]][] = [
  ["no run knows it", false, []],
  ["a run was promoted away from it", true, [ended("v1", "v2", "Promoted")]],
  ["a run from it was rolled back", true, [ended("v1", "v2", "RolledBack")]],
  ["a run brought it", true, [ended("v1", "v2", "Promoted"), ended("v0", "v1", "Promoted")]],
  ["a run brought it and was rolled back", false, [ended("v0", "v1", "RolledBack")]],
  ["a run brought it and was aborted, or undone", false, [ended("v0", "v1", "Aborted")]],
  ["a run that brought it was superseded, and it never was live", false, [ended("v0", "v1", "Superseded")]],
  ["a superseded run says nothing of it", true, [ended("v0", "v1", "Superseded"), ended("v1", "v0", "Promoted")]],
  [
    "a superseded run had broken its objectives",
    false,
    [ended("v0", "v1", "Superseded", ["breachPause"]), ended("v1", "v0", "Promoted")],
  ],
  [
    "it was live, and rolled back when it came again",
    false,
    [ended("v2", "v1", "RolledBack"), ended("v1", "v2", "Promoted"), ended("v0", "v1", "Promoted")],
  ],
  [
    "it was rolled back, and promoted when it was tried again",
    true,
    [ended("v1", "v2", "Promoted"), ended("v0", "v1", "Promoted"), ended("v0", "v1", "RolledBack")],
  ],
  [
    "its objectives broke while the Deployment caught up",
    false,
    [ended("v1", "v2", "Promoted"), ended("v0", "v1", "Promoted", ["converged", "breachRollback"])],
  ],
  ["people have undone it", false, [ended("v1", "v0", "Promoted", [], "Undo"), ended("v0", "v1", "Promoted")]],
  ["an undo brought it", true, [ended("v2", "v1", "Promoted", [], "Undo"), ended("v0", "v1", "RolledBack")]],
  [
    "somebody went on after a breach",
    true,
    [ended("v1", "v2", "Promoted"), ended("v0", "v1", "Promoted", ["breachPause", "resume"])],
  ],
];

describe("a revision was live", () => {
  test.each(ROWS)("when %s: %s", (_, expected, runs) => {
    expect(wasLive("v1", runs)).toBe(expected);
  });
});
