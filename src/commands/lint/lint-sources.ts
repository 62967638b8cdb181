import { istioBucketsMs } from "../../analysis/queries.ts";
import { readRolloutFiles, type YamlRollout } from "../../api/yaml.ts";
import { LINT_CHECKS, OBJECT_CHECKS, type Needs } from "../../checks/lint.ts";
import { ruleHost } from "../../checks/destination-rule.ts";
import { keyIn, keyOf } from "../../checks/raw.ts";
import type { CheckWorld, Place, RolloutFacts, Severity } from "../../checks/types.ts";
import type { KubeObject } from "../../kube/port.ts";
import { manifestsIn, type Manifest, type Position, type Source } from "./manifests.ts";

export const POLICY_EXISTS = "policy-exists";

export interface LintFinding extends Position {
  /** A check's id; "schema" for a Rollout that the API server would not take, or a file that is no YAML. */
  id: string;
  severity: Severity;
  message: string;
  remedy: string;
}

export interface LintResult {
  /** By file, line and column. */
  findings: LintFinding[];
  rollouts: number;
  policies: number;
  files: number;
}

/** Everything that can be said of these files without a cluster. Objects without a namespace are taken to be in `namespace`. */
export function lintSources(sources: readonly Source[], namespace: string): LintResult {
  const manifests = sources.flatMap((source) => manifestsIn(source, namespace));
  const { rollouts, policies, problems } = readRolloutFiles(sources, namespace);
  const broken = problems.map(({ file, line, column, path, message }): LintFinding => {
    const at = path === "" ? "" : `${path}: `;
    return { file, line, column, id: "schema", severity: "fail", message: `${at}${message}`, remedy: "" };
  });
  const facts = rollouts.map(factsOf);
  const found = rollouts.flatMap((rollout, index) => {
    const own = facts[index];
    return own === undefined ? [] : findingsFor(rollout, own, facts, manifests);
  });
  const ofObjects = manifests.flatMap(({ object, at }) =>
    OBJECT_CHECKS.flatMap((check) => check.run(object)).map(
      ({ id, severity, message, remedy, place }): LintFinding => ({
        ...at(place?.path ?? ""),
        id,
        severity,
        message,
        remedy,
      }),
    ),
  );
  const all = distinct([...broken, ...ofObjects, ...found]);
  return { findings: all, rollouts: rollouts.length, policies, files: sources.length };
}

function findingsFor(
  rollout: YamlRollout,
  own: RolloutFacts,
  all: readonly RolloutFacts[],
  manifests: readonly Manifest[],
): LintFinding[] {
  const world = worldOf(own, all, manifests);
  const home: Position = { file: rollout.file, line: rollout.line, column: 1 };
  const missing = missingRoutes(own, world.virtualServices).map(
    (key): LintFinding => ({
      ...home,
      id: "route-exists",
      severity: "warn",
      message: `VirtualService ${key} is not among the files: its routes are not looked at.`,
      remedy: "Give its file as well: lint -f takes several.",
    }),
  );
  const unknown = [rollout.missingPolicy ?? []].flat().map(
    ({ file, line, column, path }): LintFinding => ({
      file,
      line,
      column,
      id: POLICY_EXISTS,
      severity: "warn",
      message: `${path}: the policy that it names is not among the files: the Rollout is looked at without it.`,
      remedy: "Give its file as well: lint -f takes several.",
    }),
  );
  const has: Record<Needs, boolean> = {
    nothing: true,
    routes: missing.length === 0,
    rule: missing.length === 0 && hasRule(world),
    service: world.services.length > 0,
    workload: world.workload !== undefined,
  };
  const told = LINT_CHECKS.filter(({ needs }) => has[needs]).flatMap(({ check }) => check.run(world));
  return [
    ...missing,
    ...unknown,
    ...told.map(({ id, severity, message, remedy, place }): LintFinding => {
      const at = place === undefined ? home : (placeIn(manifests, place) ?? home);
      return { ...at, id, severity, message, remedy };
    }),
  ];
}

function worldOf(rollout: RolloutFacts, rollouts: readonly RolloutFacts[], manifests: readonly Manifest[]): CheckWorld {
  const ofKind = (kind: string): KubeObject[] =>
    manifests.map(({ object }) => object).filter((object) => object.kind === kind);
  const beside = (kind: string) => ofKind(kind).filter(({ metadata }) => metadata.namespace === rollout.namespace);
  const { workload, traffic } = rollout.spec;
  const own = beside("Deployment").find(({ metadata }) => metadata.name === workload.name);
  return {
    rollout,
    rollouts,
    twinName: `${rollout.name}-1`,
    ...(own === undefined ? {} : { workload: own }),
    deployments: beside("Deployment"),
    replicaSets: [],
    services: beside("Service").filter(({ metadata }) => metadata.name === (traffic.service ?? workload.name)),
    pods: [],
    virtualServices: ofKind("VirtualService"),
    destinationRules: ofKind("DestinationRule"),
    authorizationPolicies: ofKind("AuthorizationPolicy"),
    serviceAccounts: ofKind("ServiceAccount"),
    latencyBoundsMs: istioBucketsMs,
  };
}

function factsOf({ name, namespace, effective: { spec } }: YamlRollout): RolloutFacts {
  const serviceHost = `${spec.traffic.service ?? spec.workload.name}.${namespace}.svc.cluster.local`;
  return { name, namespace, uid: `${namespace}/${name}`, creationTimestamp: "", spec, serviceHost };
}

/** In plain form the rule may be made by the run; in split form it may be kept elsewhere. */
function hasRule({ rollout, destinationRules }: CheckWorld): boolean {
  return destinationRules.some((rule) => ruleHost(rule, rollout.serviceHost) === rollout.serviceHost);
}

function missingRoutes(rollout: RolloutFacts, virtualServices: readonly KubeObject[]): string[] {
  const refs = rollout.spec.traffic.istio?.virtualServices ?? [];
  return refs
    .map((ref) => keyIn(ref.namespace ?? rollout.namespace, ref.name))
    .filter((key) => !virtualServices.some((each) => keyOf(each) === key));
}

function placeIn(manifests: readonly Manifest[], { kind, key, path }: Place): Position | undefined {
  return manifests.find(({ object }) => object.kind === kind && keyOf(object) === key)?.at(path);
}

/** Two Rollouts may lead to the same sentence about an object that both touch. */
function distinct(findings: readonly LintFinding[]): LintFinding[] {
  const byText = new Map(findings.map((each) => [`${formatPlace(each)} ${each.id} ${each.message}`, each]));
  return [...byText.values()].toSorted(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column || a.id.localeCompare(b.id),
  );
}

/** `rollout.yaml:6:7`, as editors and terminals make it a link. */
export function formatPlace({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}
