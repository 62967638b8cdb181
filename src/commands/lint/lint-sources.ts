import { readRolloutFiles, type YamlRollout } from "../../api/yaml.ts";
import type { YamlPosition, YamlProblem, YamlSource } from "../../api/yaml-objects.ts";
import { keyOf } from "../../checks/raw.ts";
import type { Place, RolloutFacts } from "../../checks/types.ts";
import { inOrder, type LintFinding, POLICY_EXISTS } from "./finding.ts";
import { know } from "./known.ts";
import { manifestsIn, type Manifest } from "./manifests.ts";
import { objectFindings, rolloutFindings, type Told } from "./rollout-findings.ts";

export interface LintResult {
  /** By file, line and column; in a cluster by kind and name. */
  findings: LintFinding[];
  rollouts: number;
  policies: number;
  /** What was looked through: "2 files". */
  where: string;
}

const ABSENT = { says: "is not among the files", remedy: "Give its file as well: lint -f takes several." };

export interface LintOptions {
  /** Of objects that name none. */
  namespace: string;
  trustDomains?: readonly string[] | undefined;
}

/** Everything that can be said of these files without a cluster. */
export function lintSources(sources: readonly YamlSource[], { namespace, trustDomains }: LintOptions): LintResult {
  const manifests = sources.flatMap((source) => manifestsIn(source, namespace));
  const { rollouts, policies, problems } = readRolloutFiles(sources, namespace);
  const known = know({
    objects: manifests.map(({ object }) => object),
    complete: new Set(),
    absent: ABSENT,
    trustDomains,
  });
  const told = rolloutFindings(rollouts.map(factsOf), known);
  const ofRollouts = rollouts.flatMap((rollout, index) => {
    const home = { file: rollout.file, line: rollout.line, column: 1 };
    return [
      ...(told[index] ?? []).map((each) => placed(each, manifests, home)),
      ...(rollout.missingPolicy === undefined ? [] : [unseenPolicy(rollout.missingPolicy)]),
    ];
  });
  const ofObjects = manifests.flatMap(({ object, at }) =>
    objectFindings(object).map((told) => withPosition(told, at(told.place?.path ?? ""))),
  );
  return {
    findings: inOrder([...problems.map(broken), ...ofObjects, ...ofRollouts]),
    rollouts: rollouts.length,
    policies,
    where: `${sources.length} file${sources.length === 1 ? "" : "s"}`,
  };
}

function factsOf({ name, namespace, effective: { spec, origins } }: YamlRollout): RolloutFacts {
  const serviceHost = `${spec.traffic.service ?? spec.workload.name}.${namespace}.svc.cluster.local`;
  return { name, namespace, uid: `${namespace}/${name}`, creationTimestamp: "", spec, origins, serviceHost };
}

function broken({ file, line, column, path, message }: YamlProblem): LintFinding {
  const at = path === "" ? "" : `${path}: `;
  return { file, line, column, id: "schema", severity: "fail", message: `${at}${message}`, remedy: "" };
}

function unseenPolicy({ file, line, column, path }: YamlProblem): LintFinding {
  return {
    file,
    line,
    column,
    id: POLICY_EXISTS,
    severity: "warn",
    message: `${path}: the policy that it names ${ABSENT.says}: the Rollout is looked at without it.`,
    remedy: ABSENT.remedy,
  };
}

function placed(told: Told, manifests: readonly Manifest[], home: YamlPosition): LintFinding {
  return withPosition(told, (told.place === undefined ? undefined : placeIn(manifests, told.place)) ?? home);
}

function withPosition({ id, severity, message, remedy }: Told, at: YamlPosition): LintFinding {
  return { ...at, id, severity, message, remedy };
}

function placeIn(manifests: readonly Manifest[], { kind, key, path }: Place): YamlPosition | undefined {
  return manifests.find(({ object }) => object.kind === kind && keyOf(object) === key)?.at(path);
}
