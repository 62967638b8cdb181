import { effectiveRollout } from "../../api/policy/effective.ts";
import { readPolicy } from "../../api/policy/read.ts";
import { formatProblem, type Problem } from "../../api/problem.ts";
import { keyIn, keyOf } from "../../checks/raw.ts";
import type { RolloutFacts } from "../../checks/types.ts";
import { rolloutFacts } from "../../controller/check-world.ts";
import { readRolloutStatus } from "../../controller/read.ts";
import type { KubeObject } from "../../kube/port.ts";
import { inOrder, type LintFinding, NOT_READ } from "./finding.ts";
import { know } from "./known.ts";
import type { LintResult } from "./lint-sources.ts";
import type { ClusterObjects, Unread } from "./read-cluster.ts";
import { objectFindings, rolloutFindings, type Told } from "./rollout-findings.ts";

export interface ClusterOptions {
  /** All of them when it is left out. */
  namespace?: string | undefined;
  trustDomains?: readonly string[] | undefined;
}

/** The same as of files, of what a cluster holds. */
export function lintObjects(read: ClusterObjects, { namespace, trustDomains }: ClusterOptions): LintResult {
  const policies = read.objects.flatMap((object) => readPolicy(object) ?? []);
  const labels = new Map(
    read.objects
      .filter(({ kind }) => kind === "Namespace")
      .map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
  );
  const effective = read.rollouts.map((object) => ({
    object,
    result: effectiveRollout(object, policies, labels.get(object.metadata.namespace ?? "")),
  }));
  const wrong = effective.flatMap(({ object, result }) => {
    const problems = result.ok ? result.value.policyProblems : result.problems;
    return problems.filter((each) => isKnown(each, read)).map((each) => schemaFinding(object, each));
  });
  const subjects = effective.flatMap(({ object, result }) =>
    result.ok ? [{ object, facts: { ...rolloutFacts(object, result.value.spec), origins: result.value.origins } }] : [],
  );
  const facts = subjects.map((each) => each.facts);
  const known = know({
    objects: read.objects,
    complete: read.complete,
    absent: { says: "could not be read", remedy: "What may not be read is told besides." },
    trustDomains,
  });
  const isHere = (object: KubeObject) => namespace === undefined || object.metadata.namespace === namespace;
  const findings = rolloutFindings(facts, known, isHere);
  const ofRollouts = subjects.flatMap(({ object }, index) =>
    (findings[index] ?? [])
      .filter(({ id }) => !isUnderWay(object) || id !== "weights-sane")
      .map((told) => placed(told, nameOf(object))),
  );
  const ofObjects = read.objects
    .filter((object) => isHere(object) || isNamed(object, facts))
    .flatMap((object) => objectFindings(object).map((told) => placed(told, nameOf(object))));
  return {
    findings: inOrder([...read.unread.map(notRead), ...wrong, ...ofObjects, ...ofRollouts]),
    rollouts: read.rollouts.length,
    policies: policies.length,
    where: namespace === undefined ? "all namespaces" : `namespace ${namespace}`,
  };
}

/** A policy that could not be read is not one that is missing. */
function isKnown({ path, source }: Problem, { complete }: ClusterObjects): boolean {
  return (
    path !== "spec.policyRef" ||
    source !== undefined ||
    (complete.has("RolloutPolicy") && complete.has("ClusterRolloutPolicy"))
  );
}

/** A run's weights are its own while it lasts. */
function isUnderWay(rollout: KubeObject): boolean {
  return readRolloutStatus(rollout).currentRun !== undefined;
}

/** A routing object of another namespace that a Rollout names. */
function isNamed(object: KubeObject, rollouts: readonly RolloutFacts[]): boolean {
  return rollouts.some(({ namespace, spec }) => {
    const { virtualServices = [], destinationRule } = spec.traffic.istio ?? {};
    const refs =
      object.kind === "VirtualService" ? virtualServices : object.kind === "DestinationRule" ? [destinationRule] : [];
    return refs.some((ref) => ref !== undefined && keyIn(ref.namespace ?? namespace, ref.name) === keyOf(object));
  });
}

function schemaFinding(object: KubeObject, problem: Problem): LintFinding {
  return { object: nameOf(object), id: "schema", severity: "fail", message: formatProblem(problem), remedy: "" };
}

function notRead({ kind, message, remedy }: Unread): LintFinding {
  return { object: kind, id: NOT_READ, severity: "warn", message, remedy };
}

function placed({ id, severity, message, remedy, place }: Told, home: string): LintFinding {
  return { object: place === undefined ? home : `${place.kind} ${place.key}`, id, severity, message, remedy };
}

function nameOf(object: KubeObject): string {
  return `${object.kind} ${keyOf(object)}`;
}
