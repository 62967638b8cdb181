import type { YamlPosition } from "../../api/yaml-objects.ts";
import type { Severity } from "../../checks/types.ts";

interface Said {
  /** A check's id; "schema" for a Rollout or policy that the API server would not take, or a file that is no YAML. */
  id: string;
  severity: Severity;
  message: string;
  remedy: string;
}

/** Where an object of a cluster is: "VirtualService shop/checkout". */
export interface InCluster {
  object: string;
}

export type LintFinding = Said & (YamlPosition | InCluster);

export const POLICY_EXISTS = "policy-exists";
/** A kind that the cluster does not serve, or that may not be listed. */
export const NOT_READ = "not-read";

/** `rollout.yaml:6:7`, as editors and terminals make it a link; of what is in a cluster its kind and name. */
export function formatPlace(where: YamlPosition | InCluster): string {
  return "file" in where ? `${where.file}:${where.line}:${where.column}` : where.object;
}

/** By place. Two Rollouts may lead to the same sentence about an object that both touch: it is said once. */
export function inOrder(findings: readonly LintFinding[]): LintFinding[] {
  const byText = new Map(findings.map((each) => [`${formatPlace(each)} ${each.id} ${each.message}`, each]));
  return [...byText.values()].toSorted((a, b) => {
    const inFiles = "file" in a && "file" in b;
    const byPlace = inFiles
      ? a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column
      : formatPlace(a).localeCompare(formatPlace(b));
    return byPlace || a.id.localeCompare(b.id);
  });
}
