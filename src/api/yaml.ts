import { GROUP } from "./metadata.ts";
import { type Effective, effectiveRollout } from "./policy/effective.ts";
import { isPolicyKind, readPolicy } from "./policy/read.ts";
import type { Problem } from "./problem.ts";
import { type Fields, isFields, readYamlObjects, type YamlProblem, type YamlSource } from "./yaml-objects.ts";

export interface YamlRollout {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly namespace: string;
  /** With what the policies in the files add. */
  readonly effective: Effective;
  /** It names a policy that is in none of the files; the rest is without it. */
  readonly missingPolicy?: YamlProblem;
  /** Some policy selects namespaces by their labels, and those of this Rollout's are in none of the files. */
  readonly labelsUnknown: boolean;
}

interface Found {
  object: Fields;
  file: string;
  line: number;
  /** Where the field of a problem stands. */
  at(problem: Problem): YamlProblem;
}

/** Every Rollout in `text`, under the policies in it. Other objects are passed over. */
export function readRollouts(text: string, file: string): { rollouts: YamlRollout[]; problems: YamlProblem[] } {
  return readRolloutFiles([{ file, text }]);
}

/**
 * Every Rollout in the files, under the policies in them, and everything that is wrong with either. Labels of namespaces are those of the
 * Namespaces in the files. Objects without a namespace are taken to be in `namespace`; other kinds are passed over.
 *
 * @example for (const problem of readRolloutFiles([{ file: "rollout.yaml", text }]).problems) console.error(formatYamlProblem(problem));
 */
export function readRolloutFiles(
  sources: readonly YamlSource[],
  namespace = "default",
): { rollouts: YamlRollout[]; policies: number; problems: YamlProblem[] } {
  const problems: YamlProblem[] = [];
  const found = sources.flatMap((source) => objectsIn(source, problems));
  const policies = found.flatMap(({ object, at }) => {
    const policy = isOurs(object) ? readPolicy(inNamespace(object, namespace)) : undefined;
    if (policy?.spec.ok === false) problems.push(...policy.spec.problems.map(at));
    return policy ?? [];
  });
  const labels = new Map(
    found
      .filter(({ object }) => object["kind"] === "Namespace")
      .map(({ object }) => object["metadata"] as { name?: string; labels?: Record<string, string> } | undefined)
      .map((metadata) => [metadata?.name, metadata?.labels ?? {}]),
  );
  const isByLabels = policies.some(
    ({ kind, selector }) => kind === "ClusterRolloutPolicy" && Object.keys(selector ?? {}).length > 0,
  );
  const rollouts = found.flatMap(({ object, file, line, at }): YamlRollout[] => {
    if (!isOurs(object) || object["kind"] !== "Rollout") return [];
    const placed = inNamespace(object, namespace);
    const home = (placed["metadata"] as { namespace?: string } | undefined)?.namespace;
    const result = effectiveRollout(placed, policies, labels.get(home));
    // What is wrong in a policy was said at its own place.
    const own = (result.ok ? result.value.policyProblems : result.problems).filter(
      ({ source }) => source === undefined,
    );
    const isMissing = ({ path }: Problem) => result.ok && path === "spec.policyRef";
    problems.push(...own.filter((problem) => !isMissing(problem)).map(at));
    if (!result.ok) return [];
    const missingPolicy = own.filter(isMissing).map(at)[0];
    const { name } = placed["metadata"] as { name: string };
    const effective = result.value;
    return [
      {
        file,
        line,
        name,
        namespace: home ?? namespace,
        effective,
        labelsUnknown: isByLabels && !labels.has(home),
        ...(missingPolicy === undefined ? {} : { missingPolicy }),
      },
    ];
  });
  return { rollouts, policies: policies.length, problems };
}

/** The objects in a file; what cannot be read is told. */
function objectsIn(source: YamlSource, problems: YamlProblem[]): Found[] {
  const read = readYamlObjects(source);
  problems.push(...read.problems);
  return read.objects.map(({ object, at }) => ({
    object,
    file: source.file,
    line: at([]).line,
    at: ({ keys, path, message }) => ({ ...at(keys), path, message }),
  }));
}

function inNamespace(object: Fields, namespace: string): Fields {
  const { metadata } = object;
  return isFields(metadata) ? { ...object, metadata: { namespace, ...metadata } } : object;
}

/** `rollout.yaml:6:7 spec.steps[0].weight: expected ...`, as editors and terminals make it a link. */
export function formatYamlProblem({ file, line, column, path, message }: YamlProblem): string {
  return `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`;
}

/** A Rollout or a policy, or what was meant to be one: another group's kind of that name is for others, another version is a mistake. */
function isOurs({ apiVersion, kind }: Fields): boolean {
  const group = typeof apiVersion === "string" ? apiVersion.split("/")[0] : undefined;
  return (kind === "Rollout" || isPolicyKind(kind)) && (group === GROUP || group === undefined);
}
