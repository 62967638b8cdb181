/** The shapes that analysis exchanges with the engine and the controller. Counts are events since a baseline unless a name says otherwise. */

/** Whose pods a count belongs to. */
export type Track = "canary" | "stable";

/**
 * From which side the mesh reported. `destination` is the server's own account and always right about who served; `source` also
 * sees requests that reached no pod. They are judged apart: adding them up would count most requests twice.
 */
export type View = "destination" | "source";

/** An objective compiled into counts: `bad / total <= limitFraction`. */
export interface CountObjective {
  name: string;
  kind: "errorRate" | "latency";
  limitFraction: number;
  /** latency only: the bucket bound in milliseconds that is counted (`bucketFor`: at or below the asked maximum), and the maximum as asked. */
  bucketMs?: number;
  maxMs?: number;
  onBreach: "Rollback" | "Pause";
}

/** What to look for in a server's answers for one run. */
export interface AnalysisTarget {
  /** Key of the rollout, "namespace/name". */
  key: string;
  namespace: string;
  /** FQDN of the Service, "checkout.shop.svc.cluster.local". */
  serviceHost: string;
  /** `destination_workload` of the candidate's and the live pods. */
  canaryWorkload: string;
  stableWorkload: string;
  /** The subsets' names: Envoys scraped without Istio's stats filter name the subset in `destination_version` and no workload. */
  canarySubset: string;
  stableSubset: string;
  objectives: readonly CountObjective[];
}

/** One raw counter pair of one pod (or one proxy, for `source`), as a reading found it. Cumulative, not increments. */
export interface CounterRow {
  track: Track;
  view: View;
  /** Which counter this is across readings: instance plus whatever else keeps series apart. */
  series: string;
  total: number;
  bad: number;
  /** The scrape target that said it, and what told the track: the pods' workload, or only the subset's name. */
  instance?: string;
  by?: "workload" | "subset";
}

/** All that one answer said about one run. `rows` by objective name; `requests` is for the share of each track. */
export interface Reading {
  /** The time of the samples, in milliseconds since the epoch. */
  timeMs: number;
  rows: Readonly<Record<string, readonly CounterRow[]>>;
  requests: readonly CounterRow[];
  /** Objectives that this answer cannot be used for, with the reason in words. They have no entry in `rows`. */
  unusable?: Readonly<Record<string, string>>;
  /** Every scrape target that said anything about the Service, about versions outside the run too. */
  instances?: readonly string[];
}

/** What an inconclusive verdict waits for. Only `time` passes by itself; the others count towards the deadline on evidence. */
export type Missing = "time" | "requests" | "data" | "limit";

export type VerdictKind = "pass" | "breach" | "inconclusive";

/** Why an objective was judged as it was; everything needed to repeat the sum. */
export interface Evidence {
  view: View;
  /** Requests and bad ones of the canary that the verdict counts. */
  total: number;
  bad: number;
  /** bad / total; absent when total is 0. */
  fraction?: number;
  limitFraction: number;
  /** Evidence against "at most the limit": breach at or above 1/alpha. */
  eValue: number;
  alpha: number;
  fromMs: number;
  toMs: number;
  query: string;
}

export interface ObjectiveVerdict {
  objective: string;
  verdict: VerdictKind;
  onBreach: "Rollback" | "Pause";
  /** One sentence with the deciding numbers, for people. */
  message: string;
  /** Of an inconclusive verdict only. */
  missing?: Missing;
  /** Absent when there was no reading at all. */
  evidence?: Evidence;
}

/** Requests by track between two neighbouring readings: what the applied check looks at. */
export interface ShareReading {
  fromMs: number;
  toMs: number;
  canary: number;
  total: number;
}
