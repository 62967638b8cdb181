import type { Outcome } from "../api/phase.ts";
import type { RunSpec } from "../api/run.ts";

/** What a decision at rest, with no run under way, is made on. Revisions are compared by the hash of their templates. */
export interface RestFacts {
  suspend: boolean;
  /** Sentences: what is wrong with the spec. */
  invalid: readonly string[];
  /** Sentences: what is wrong with the policies. While there are any, no version gets to users but those that they were on before. */
  policyProblems: readonly string[];
  own:
    | {
        hash: string;
        replicas: number;
        adopted: boolean;
        /** A run was for this very Deployment, and not for one of its name that is gone: then it had been adopted. */
        ran: boolean;
        paused: boolean;
        /** One ReplicaSet active, of the Deployment's own template, all of it available. */
        rolledOut: boolean;
        /** It wants pods and has none, nor a ReplicaSet of the live revision to get them by: it keeps none, and was at 0 replicas. */
        bereft?: boolean;
      }
    | undefined;
  live: { track: "own" | "twin"; hash: string } | undefined;
  /** Somebody asked for the version before, and it is known. */
  undo: boolean;
  /** Users were on the Deployment's template before, within the runs that are kept: see wasLive. */
  wasLive: boolean;
  newestRun:
    | {
        name: string;
        outcome: Outcome;
        hash: string;
        retry: boolean;
        message: string;
        /** It brought what users were on before, and ended because that had rolled out past the hold: nothing was wrong with it. */
        rolledOutItself?: true;
      }
    | undefined;
  hold: "policy" | "pause";
  workload: string;
}

export type RestDecision =
  | { kind: "invalid"; message: string }
  | { kind: "noWorkload"; message: string }
  /** The Deployment is taken under protection once its own roll-out is whole. */
  | { kind: "adopting"; message: string }
  | { kind: "adopt" }
  /** No pods, so no users to protect: a template that a run could begin for becomes live the native way. */
  | { kind: "native" }
  | { kind: "start"; reason: RunSpec["reason"] }
  | { kind: "suspended"; message: string }
  /** A new version waits until the policies can be read. */
  | { kind: "blocked"; message: string }
  /** The newest template was refused and stays out until it changes or somebody says retry. */
  | { kind: "refused"; outcome: Outcome; message: string; problem?: string }
  /** Every pod is of the refused template, since its hold was broken while nobody looked: users are brought back on a twin (machine rule 2). */
  | { kind: "bringBack"; message: string }
  | { kind: "idle"; own: "release" | "pause" | "leave" };

export function decideRest(facts: RestFacts): RestDecision {
  const { own, live, newestRun } = facts;
  if (facts.invalid.length > 0) return { kind: "invalid", message: facts.invalid.join("; ") };
  if (own === undefined) return { kind: "noWorkload", message: `Deployment ${facts.workload} does not exist` };
  if (live === undefined) return adoption(facts, own);
  // Between the note of what is live and the mark nothing holds it: what rolled out then is its user's own affair.
  const rolledBefore = !own.adopted && !own.ran && live.track === "own" && own.rolledOut && own.hash !== live.hash;
  if (rolledBefore) return { kind: "adopt" };
  if (facts.undo && own.replicas > 0) return facts.suspend ? suspended() : { kind: "start", reason: "Undo" };
  if (own.hash === live.hash) {
    if (live.track === "twin" && own.replicas > 0)
      return facts.suspend ? suspended() : { kind: "start", reason: "Converge" };
    return { kind: "idle", own: idleHold(facts, own) };
  }
  const isNewest = newestRun !== undefined && newestRun.hash === own.hash && newestRun.outcome !== "Superseded";
  const hasPods = own.replicas > 0 && own.bereft !== true;
  if (!hasPods && live.track === "own" && !(isNewest && mustStayOut(newestRun))) return withoutPods(facts);
  if (isNewest) {
    if (newestRun.rolledOutItself === true && own.rolledOut && live.track === "own") return { kind: "adopt" };
    if (!newestRun.retry && own.rolledOut && own.replicas > 0 && live.track === "own" && !facts.suspend)
      return bringBack(facts);
    if (!newestRun.retry) return refused(facts, newestRun);
    return beginning(facts, "Retry");
  }
  return beginning(facts, facts.wasLive ? "FastPath" : "NewRevision");
}

function refused(
  { own, workload }: RestFacts,
  { outcome, message }: NonNullable<RestFacts["newestRun"]>,
): RestDecision {
  const decision: RestDecision = { kind: "refused", outcome, message };
  if (own?.bereft !== true) return decision;
  const problem = `nobody is served: Deployment ${workload} has no ReplicaSet of the version before, as when it is scaled to 0 and back and keeps none (revisionHistoryLimit: 0). Write the version that users are to have, or say: sluice retry`;
  return { ...decision, problem };
}

/** It was refused, and nobody has said retry. */
function mustStayOut({ retry, rolledOutItself }: NonNullable<RestFacts["newestRun"]>): boolean {
  return !retry && rolledOutItself !== true;
}

/** Where no run could begin the template is held too: scaled up again, the Deployment would bring it to everybody. */
function withoutPods(facts: RestFacts): RestDecision {
  const begun = beginning(facts, facts.wasLive ? "FastPath" : "NewRevision");
  return begun.kind === "start" ? { kind: "native" } : begun;
}

function beginning(facts: RestFacts, reason: RunSpec["reason"]): RestDecision {
  if (facts.suspend) return suspended();
  if (reason === "FastPath" || facts.policyProblems.length === 0) return { kind: "start", reason };
  return { kind: "blocked", message: `a new version waits: ${facts.policyProblems.join("; ")}` };
}

/** The deployment controller undoes any scaling of the ReplicaSets by now: only pods of another Deployment can take the users over. */
function bringBack(facts: RestFacts): RestDecision {
  return {
    kind: "bringBack",
    message: `every pod of Deployment ${facts.workload} is of the version that was refused: it was resumed while no controller looked; users are brought back to the version before, on pods of its own`,
  };
}

function suspended(): RestDecision {
  return { kind: "suspended", message: "a new version waits: the Rollout is suspended (spec.suspend)" };
}

function adoption(facts: RestFacts, own: NonNullable<RestFacts["own"]>): RestDecision {
  if (own.replicas === 0 || own.rolledOut) return { kind: "adopt" };
  return {
    kind: "adopting",
    message: `waiting for Deployment ${facts.workload} to finish its own roll-out: one ReplicaSet, every pod available`,
  };
}

/** With the policy nothing is paused at rest; without it the pause is the hold. */
function idleHold(facts: RestFacts, own: NonNullable<RestFacts["own"]>): "release" | "pause" | "leave" {
  if (facts.hold === "policy") return own.paused ? "release" : "leave";
  // Paused it would never have a ReplicaSet again.
  if (own.bereft === true) return own.paused ? "release" : "leave";
  // A roll-out at 0 replicas counts once the deployment controller has seen it: paused before, it would keep to the old template.
  const isUnseen = own.replicas === 0 && !own.rolledOut;
  return own.paused || isUnseen ? "leave" : "pause";
}
