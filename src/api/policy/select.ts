import { type Problem, problemAt } from "../problem.ts";
import { isSelected } from "../selector.ts";
import type { PolicyKind } from "../rollout.ts";
import type { ReadPolicy } from "./read.ts";

export interface Subject {
  namespace: string;
  /** Of the Rollout. */
  labels: Readonly<Record<string, string>>;
  /** Of its namespace; the one with its name, which the API server sets, need not be there. */
  namespaceLabels: Readonly<Record<string, string>>;
  policyRef: { kind?: PolicyKind | undefined; name: string } | undefined;
}

export interface Selected {
  /** Each may override what is given by those before it. */
  policies: ReadPolicy[];
  /** What keeps the rest from being known, each naming policy and field. */
  problems: Problem[];
}

/**
 * The policies for a Rollout, in the order in which they are laid over each other: those of the cluster that select its namespace, by
 * name; those of its namespace that select it, by name; and last the one that it asks for itself.
 */
export function selectPolicies(all: readonly ReadPolicy[], subject: Subject): Selected {
  const { namespace, labels, policyRef } = subject;
  const namespaceLabels = { "kubernetes.io/metadata.name": namespace, ...subject.namespaceLabels };
  const named = all.find((policy) => isNamed(policy, subject));
  const concerned = (policy: ReadPolicy, of: Readonly<Record<string, string>>) =>
    policy !== named && (policy.selector === "unknown" || isSelected(policy.selector, of));
  const policies = [
    ...byName(all.filter((policy) => policy.kind === "ClusterRolloutPolicy" && concerned(policy, namespaceLabels))),
    ...byName(
      all.filter(
        (policy) => policy.kind === "RolloutPolicy" && policy.namespace === namespace && concerned(policy, labels),
      ),
    ),
    ...(named === undefined ? [] : [named]),
  ];
  return {
    policies: policies.filter(({ spec }) => spec.ok),
    problems: [
      ...(policyRef === undefined || named !== undefined ? [] : [missing(policyRef, namespace)]),
      ...policies.flatMap(({ source, spec }) => (spec.ok ? [] : spec.problems.map((each) => ({ ...each, source })))),
    ],
  };
}

function isNamed(policy: ReadPolicy, { policyRef, namespace }: Subject): boolean {
  if (policyRef === undefined || policy.name !== policyRef.name) return false;
  const kind = policyRef.kind ?? "RolloutPolicy";
  return policy.kind === kind && (kind === "ClusterRolloutPolicy" || policy.namespace === namespace);
}

function byName(policies: readonly ReadPolicy[]): ReadPolicy[] {
  return policies.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function missing({ kind = "RolloutPolicy", name }: NonNullable<Subject["policyRef"]>, namespace: string): Problem {
  const where = kind === "RolloutPolicy" ? ` in namespace ${namespace}` : "";
  return problemAt(
    ["spec", "policyRef"],
    `there is no ${kind} ${JSON.stringify(name)}${where}: create it, or name another one`,
  );
}
