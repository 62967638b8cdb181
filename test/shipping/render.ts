import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../src/kube/port.ts";
import { ensureTool } from "../lab/tools.ts";

export const root = join(import.meta.dirname, "..", "..");
export const chart = join(root, "deploy", "chart");

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the real helm, with a home of its own. */
export async function helm(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const home = mkdtempSync(join(tmpdir(), "sluice-helm-"));
  try {
    const { status, stdout, stderr } = spawnSync(await ensureTool("helm"), args, {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: home, ...env },
    });
    return { code: status, out: stdout, err: stderr };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The objects of the chart as `helm template` renders them, with these more arguments. */
export async function template(...args: string[]): Promise<KubeObject[]> {
  const { code, out, err } = await helm(["template", "sluice", chart, "--namespace", "sluice-system", ...args]);
  if (code !== 0) throw new Error(`helm template failed with ${code}: ${err}`);
  return objects(out);
}

/** The objects of a kustomization under deploy/. */
export async function kustomize(folder: string): Promise<KubeObject[]> {
  const kubectl = await ensureTool("kubectl");
  const { status, stdout, stderr } = spawnSync(kubectl, ["kustomize", join(root, folder)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`kubectl kustomize failed with ${status}: ${stderr}`);
  return objects(stdout);
}

/** The objects that a YAML stream holds. How an expression of CEL is broken into lines is the renderers' own affair. */
export function objects(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null)
    .map((object) => JSON.parse(JSON.stringify(object), (key, value: unknown) => onOneLine(key, value)) as KubeObject);
}

function onOneLine(key: string, value: unknown): unknown {
  return /^(e|messageE)xpression$/.test(key) && typeof value === "string" ? value.replaceAll(/\s+/g, " ") : value;
}

/** By kind and name. */
export function byName(all: readonly KubeObject[]): Record<string, KubeObject> {
  return Object.fromEntries(all.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
}
