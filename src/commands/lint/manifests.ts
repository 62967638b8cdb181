import { LineCounter, parseAllDocuments, type Document } from "yaml";
import { offsetOf } from "../../api/yaml.ts";
import type { KubeObject } from "../../kube/port.ts";

/** One file's text, and the name to call it by. */
export interface Source {
  file: string;
  text: string;
}

export interface Position {
  file: string;
  /** Both count from 1. */
  line: number;
  column: number;
}

/** An object in a file. */
export interface Manifest {
  object: KubeObject;
  /** Of a field, "spec.http[0].route"; of the nearest thing around it when it is not there. */
  at(path: string): Position;
}

/** The Kubernetes objects in a file, in `namespace` where they name none. What is no object, or no YAML, is passed over. */
export function manifestsIn({ file, text }: Source, namespace: string): Manifest[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  return (Array.isArray(documents) ? documents : []).flatMap((document: Document.Parsed) => {
    if (document.errors.length > 0) return [];
    const object = withNamespace(document.toJS(), namespace);
    if (object === undefined) return [];
    const at = (path: string): Position => {
      const { line, col } = lines.linePos(offsetOf(document, { keys: keysOf(path) }));
      return { file, line, column: col };
    };
    return [{ object, at }];
  });
}

function withNamespace(object: unknown, namespace: string): KubeObject | undefined {
  if (typeof object !== "object" || object === null) return undefined;
  const { apiVersion, kind, metadata } = object as Record<string, unknown>;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  if (typeof metadata !== "object" || metadata === null) return undefined;
  if (typeof (metadata as { name?: unknown }).name !== "string") return undefined;
  return { ...object, metadata: { namespace, ...metadata } } as KubeObject;
}

/** "spec.http[0].route" as ["spec", "http", 0, "route"]. */
function keysOf(path: string): (string | number)[] {
  return [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) =>
    index === undefined ? (name ?? "") : Number(index),
  );
}
