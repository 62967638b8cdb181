import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document } from "yaml";
import { GROUP } from "./metadata.ts";
import { type Problem, validateRollout } from "./validate.ts";
import type { RolloutSpec } from "./rollout.ts";

export interface YamlProblem {
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** As "spec.steps[1].weight"; "" when the text is no YAML. */
  readonly path: string;
  readonly message: string;
}

export interface YamlRollout {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly namespace?: string;
  readonly spec: RolloutSpec;
  /** The spec as it is written, without defaults. */
  readonly written: unknown;
}

/**
 * Every Rollout in `text`, which may hold other objects as well: they are passed over. `file` only names the text in what is returned.
 *
 * @example for (const problem of readRollouts(text, "rollout.yaml").problems) console.error(formatYamlProblem(problem));
 */
export function readRollouts(text: string, file: string): { rollouts: YamlRollout[]; problems: YamlProblem[] } {
  const lines = new LineCounter();
  const rollouts: YamlRollout[] = [];
  const problems: YamlProblem[] = [];
  const report = (offset: number, path: string, message: string) => {
    const { line, col } = lines.linePos(offset);
    problems.push({ file, line, column: col, path, message });
  };
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  for (const document of Array.isArray(documents) ? documents : []) {
    for (const error of document.errors) report(error.pos[0], "", error.message);
    if (document.errors.length > 0) continue;
    const object: unknown = document.toJS();
    if (!isOurs(object)) continue;
    const result = validateRollout(object);
    if (!result.ok) {
      for (const problem of result.problems) report(offsetOf(document, problem), problem.path, problem.message);
      continue;
    }
    const { name, namespace } = (object as { metadata: { name: string; namespace?: string } }).metadata;
    const { line } = lines.linePos(document.contents?.range[0] ?? 0);
    const written = (object as { spec?: unknown }).spec;
    rollouts.push({ file, line, name, ...(namespace === undefined ? {} : { namespace }), spec: result.spec, written });
  }
  return { rollouts, problems };
}

/** `rollout.yaml:6:7 spec.steps[0].weight: expected ...`, as editors and terminals make it a link. */
export function formatYamlProblem({ file, line, column, path, message }: YamlProblem): string {
  return `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`;
}

/** A Rollout, or what was meant to be one: another kind of our group is for others, another version is a mistake. */
function isOurs(object: unknown): boolean {
  if (typeof object !== "object" || object === null) return false;
  const { apiVersion, kind } = object as Record<string, unknown>;
  const group = typeof apiVersion === "string" ? apiVersion.split("/")[0] : undefined;
  return kind === "Rollout" && (group === GROUP || group === undefined);
}

/** Where a field stands: its key, its place in a list, or for what is missing the nearest thing around it. */
export function offsetOf(document: Document.Parsed, { keys }: Pick<Problem, "keys">): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair === undefined) return offset;
      offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof key === "number") {
      node = node.items[key];
      offset = rangeOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function rangeOf(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) ? node.range?.[0] : undefined;
}
