import type { Evidence } from "./world.ts";

/** A part of the users, as the mesh sends them now. */
export interface Share {
  /** The subset that the route names; "" for a route without subsets. */
  subset: string;
  /** Tags of the images behind it; several while a Deployment rolls, none when no pod is there. */
  versions: readonly string[];
  percent: number;
}

/** What somebody who watches would point at. `atMs`: since the demo began, on the simulated clock. */
export type Happening = { atMs: number } & (
  | { type: "command"; command: string }
  | { type: "event"; severity: "Normal" | "Warning"; reason: string; object: string; message: string }
  | { type: "transition"; run: string; from: string; to: string; event: string; message: string }
  | { type: "weights"; shares: readonly Share[] }
);

/** How one version fared. */
export interface ActResult {
  version: string;
  image: string;
  run: string;
  /** The run's outcome, as RolloutRun.status.phase. */
  outcome: string;
  /** Simulated time from the new image to the run's end. */
  tookMs: number;
  /** The largest share of the users that the version had. */
  peakPercent: number;
  /** Users' requests in that time, to any version, and those among them that failed. */
  requests: number;
  failed: number;
  /** The new version's own. */
  versionRequests: number;
  versionFailed: number;
  /** Between a user's first and last failed request; 0 when fewer than two failed. */
  failureSpanMs: number;
  /** Why it was taken back; absent when it was not. */
  why?: string;
  /** The deciding numbers: of the objective that was breached. */
  evidence?: Evidence & { objective: string };
}

/** How the whole story came out. */
export interface Outcome {
  acts: readonly ActResult[];
  /** Simulated. */
  tookMs: number;
  requests: number;
  failed: number;
  /** The VirtualService's spec at the end. */
  virtualService: unknown;
  /** What did not come out as told, in sentences; empty when all is well. */
  unmet: readonly string[];
}
