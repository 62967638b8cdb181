import type { ObjectiveVerdict } from "../analysis/types.ts";
import type { WindowState } from "./windows.ts";
import type { AsFound, RunSpec, RunStatus } from "../api/run.ts";

export type Labels = Readonly<Record<string, string>>;

/** Where the own Deployment's template stands to the run's two revisions. */
export type TemplateIs = "candidate" | "live" | "other" | "gone";

export interface OwnFacts {
  template: TemplateIs;
  paused: boolean;
  /** The deployment controller has seen the pause (machine rule 6). */
  pauseObserved: boolean;
  /** While it is not paused: its generation, and the field manager that says so where one does. */
  open?: { generation: number; by: string | undefined };
  replicas: number;
  /** Available pods of the live revision, and of any vetted one. */
  liveAvailable: number;
  vettedAvailable: number;
  /** Exactly one ReplicaSet has pods. */
  oneActive: boolean;
  /** Pods of neither of the run's revisions. */
  strayPods: number;
  /** Those among them that no earlier run has vetted either. */
  unvettedPods: number;
  /** Every pod is of the candidate's revision and the size is reached, whatever the Deployment's status says yet. */
  onlyCandidate: boolean;
  /** The Deployment's own template is rolled out whole and available. */
  rolledOut: boolean;
  /** The live ReplicaSet was scaled to nothing, and pods of another one are available: the Deployment has rolled past its hold. */
  liveLost: boolean;
  /** The one that the run was made for is gone, and another one has its name: with all of its pods, or not yet. */
  successor?: "whole" | "partly";
}

export interface TwinFacts {
  exists: boolean;
  /** Somebody changed its template: its pods are, or become, of a revision that nobody vets. */
  edited: boolean;
  replicas: number;
  available: number;
  /** As many available as asked for, and the deployment controller has seen what was asked. */
  full: boolean;
  /** For how long this process has seen one of its pods available; milliseconds. Every proxy has to hear of the pods, too. */
  availableForMs: number;
  /** For how long every pod of it has been gone or on its way out: proxies hear of that a little later. */
  leavingForMs: number;
  /** Pods that still exist, and how many of them are being taken away. */
  pods: number;
  podsLeaving: number;
  /** Why its pods do not come up, in a sentence. */
  trouble?: string;
}

export interface RoutingFacts {
  problems: readonly { kind: "missing" | "foreign"; message: string }[];
  form: "plain" | "split" | "mixed";
  /** Largest and smallest share in percent of the canary subset over the managed routes. */
  maxWeight: number;
  minWeight: number;
  stable: Labels | undefined;
  canary: Labels | undefined;
  /** Nothing is left to put back. */
  routesRestored: boolean;
  ruleRestored: boolean;
  /** For how long this process has seen routes, and the rule's labels, exactly as they are now; milliseconds. */
  routesForMs: number;
  labelsForMs: number;
  /** The last writer of the weights was a withdrawal of this epoch (machine rule 8). */
  withdrawMarked: boolean;
  /** Who wrote the routes last. */
  lastWriter: string;
  /** The newest write of the rule's subsets by anybody else, of the time since the run was made; absent where Sluice wrote over it. */
  ruleWriter?: { manager: string; time: string };
  /** The newest write of a GitOps tool, where nobody but such tools and Sluice wrote a route last. */
  gitOps?: { manager: string; time: string };
}

/** Everything that a decision about a run rests on: plain values, gathered without I/O. */
export interface RunFacts {
  nowMs: number;
  run: { name: string; spec: RunSpec; status: RunStatus; deleting: boolean };
  /** `outdated`: its spec, or what that names, is no longer what the run was made from. */
  rollout: { deleting: boolean; suspend: boolean; outdated?: boolean };
  /** How Deployments are held in this cluster. */
  hold: "policy" | "pause";
  own: OwnFacts;
  twin: TwinFacts;
  /** The twin that users were on when the run began, if they were. */
  previousTwin: TwinFacts | undefined;
  /** Twins of runs before, that were left when the next version came in the middle of a swap; no user is on them. */
  olderTwins: { exist: boolean; pods: number };
  routing: RoutingFacts;
  /** The autoscaler's floor is as it was found, or somebody else's by now. */
  floorRestored: boolean;
  /** What the Service selects. */
  selector: Labels;
  /** Routes and rule as they are now, to be kept before the first write. */
  asFoundNow: AsFound;
  /** The plan's windows, as they are now. */
  window: WindowState;
  /** undefined: not looked yet. */
  preflight: RunStatus["preflight"] | undefined;
  evidence: {
    /** The epoch that these verdicts belong to. */
    epoch: number;
    /** A reading was tried since this process began. */
    looked: boolean;
    /** What was read before this process began is known again. */
    replayed: boolean;
    /** The time of the newest reading, in milliseconds since the epoch; absent before there is one. */
    lastReadingMs?: number;
    verdicts: readonly ObjectiveVerdict[];
    /** Does the candidate's share of requests agree with the weight that the routes have? */
    split: "applied" | "notYet" | "tooFew";
    /** Requests to the candidate: none for `forMs`, some lately, or nothing is known. */
    candidate: { kind: "quiet" | "busy" | "blind"; forMs: number };
  };
  /** For so long, in milliseconds, a write that got no answer, or that an earlier process sent, may be carried out yet; 0: no more. */
  lateWritesForMs: number;
  /** Says who this process is, in status.writer. */
  identity: string;
}
