import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type ScalarTag,
  visit,
} from "yaml";

export interface YamlSource {
  /** Only names the text in what is returned. */
  readonly file: string;
  readonly text: string;
}

export interface YamlPosition {
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

export interface YamlProblem extends YamlPosition {
  /** As "spec.steps[1].weight"; "" when the text is no YAML. */
  readonly path: string;
  readonly message: string;
}

export type Fields = Record<string, unknown>;

/** An object of a file: a document, or an item of a List. */
export interface YamlObject {
  readonly object: Fields;
  /** Where a field stands; for what is missing, the nearest thing around it. */
  at(keys: readonly (string | number)[]): YamlPosition;
}

/** Words of YAML 1.1 that kubectl still takes for booleans: https://github.com/kubernetes-sigs/yaml, goyaml.v2/resolve.go. */
const KUBECTL_BOOLEAN: ScalarTag = {
  identify: (value) => typeof value === "boolean",
  default: true,
  tag: "tag:yaml.org,2002:bool",
  test: /^(?:[yYnN]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF)$/,
  resolve: (text) => /^(?:y|on)/i.test(text),
};

/** Of one anchor, its uses times what they hold in turn. More is a trap for readers, not a manifest. */
const MOST_ALIASES = 10_000;

/**
 * The objects in a file, read as kubectl reads them: with merge keys, and with the items of a List in its place. What is no object is passed
 * over. Of a document that cannot be read, the first thing that is wrong is told.
 */
export function readYamlObjects({ file, text }: YamlSource): { objects: YamlObject[]; problems: YamlProblem[] } {
  const lines = new LineCounter();
  const position = (offset: number): YamlPosition => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    customTags: (tags) => [KUBECTL_BOOLEAN, ...tags],
    // What it would warn of is told as a problem.
    logLevel: "error",
  });
  const objects: YamlObject[] = [];
  const problems: YamlProblem[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const read = contentOf(document);
    if ("wrong" in read) {
      const hint = templateHint(text.slice(document.range[0], document.range[2]));
      problems.push({ ...position(read.offset), path: "", message: `${read.wrong}${hint}` });
    } else {
      for (const { object, keys } of unfolded(read.value, []))
        objects.push({ object, at: (inside) => position(offsetOf(document, [...keys, ...inside])) });
    }
  }
  return { objects, problems };
}

interface Unreadable {
  wrong: string;
  offset: number;
}

function contentOf(document: Document.Parsed): { value: unknown } | Unreadable {
  const [error] = document.errors;
  if (error !== undefined) return { wrong: error.message, offset: error.pos[0] };
  const unreadable = unreadableNode(document);
  if (unreadable !== undefined) return unreadable;
  try {
    return { value: document.toJS({ maxAliasCount: MOST_ALIASES }) };
  } catch (thrown) {
    return { wrong: notBuilt(thrown), offset: firstAlias(document) ?? document.range[0] };
  }
}

function notBuilt(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.startsWith("Excessive alias count")
    ? `its aliases (*name) repeat what holds aliases in turn, more than ${MOST_ALIASES} times: write the values out`
    : `its aliases (*name) and merge keys (<<) cannot be followed: ${message}`;
}

/** What parses, and yet is not to be made an object of. */
function unreadableNode(document: Document.Parsed): Unreadable | undefined {
  let found: Unreadable | undefined;
  // A name may be given again: an alias means the last one before it.
  const anchors = new Map<string, unknown>();
  visit(document, (_, node, path) => {
    if ((isCollection(node) || isScalar(node)) && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isPair(node) && isCollection(node.key)) {
      found = { wrong: "a key is a map or a list here: expected text", offset: rangeOf(node.key) ?? 0 };
      return visit.BREAK;
    }
    if (!isAlias(node)) return undefined;
    const meant = anchors.get(node.source);
    const offset = node.range?.[0] ?? 0;
    if (meant === undefined)
      found = {
        wrong: `there is no anchor &${node.source} before the alias *${node.source}: name it at the value that is to be repeated`,
        offset,
      };
    else if (path.some((around) => around === meant))
      found = { wrong: `the alias *${node.source} stands inside the value that it repeats`, offset };
    return found === undefined ? undefined : visit.BREAK;
  });
  return found;
}

function firstAlias(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias: (_, alias) => {
      offset = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return offset;
}

function templateHint(text: string): string {
  return text.includes("{{")
    ? '. The document holds "{{": if it is a template, render it first, as helm template does, and give what comes out (-f - reads standard input)'
    : "";
}

/** An object, or in place of a List its items, each with the keys that lead to it. */
function unfolded(value: unknown, keys: readonly (string | number)[]): { object: Fields; keys: (string | number)[] }[] {
  if (!isFields(value)) return [];
  const { kind, items } = value;
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items))
    return [{ object: value, keys: [...keys] }];
  return items.flatMap((item, index) => unfolded(item, [...keys, "items", index]));
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Where a field stands: its key, its place in a list, or for what is missing the nearest thing around it. */
function offsetOf(document: Document.Parsed, keys: readonly (string | number)[]): number {
  const followed = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = pairOf(node, key, followed);
      if (pair === undefined) return offset;
      offset = rangeOf(pair.key) ?? offset;
      node = followed(pair.value);
    } else if (isSeq(node) && typeof key === "number") {
      offset = rangeOf(node.items[key]) ?? offset;
      node = followed(node.items[key]);
    } else return offset;
  }
  return offset;
}

/** A map's own pair, or else the one that a merge key brings. */
function pairOf(map: unknown, key: string | number, followed: (node: unknown) => unknown): PairLike | undefined {
  if (!isMap(map)) return undefined;
  const own = map.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (own !== undefined) return own;
  const merged = map.items
    .filter(({ key: name }) => isScalar(name) && name.source === "<<")
    .map(({ value }) => followed(value))
    .flatMap((value) => (isSeq(value) ? value.items.map(followed) : [value]));
  for (const each of merged) {
    const pair = pairOf(each, key, followed);
    if (pair !== undefined) return pair;
  }
  return undefined;
}

interface PairLike {
  key: unknown;
  value: unknown;
}

function rangeOf(node: unknown): number | undefined {
  return isCollection(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined;
}
