import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { YamlSource } from "../../api/yaml-objects.ts";
import { type CommandFailure, usage } from "../failure.ts";
import type { LintFlags } from "../lint.ts";
import { lintSources } from "./lint-sources.ts";

import { tell } from "./tell.ts";

/** Reads the files, prints what was found, and fails when something must be mended. */
export async function lintFiles(filename: readonly string[], flags: LintFlags): Promise<void> {
  const names = (await Promise.all(filename.map(filesOf))).flat();
  const sources = await Promise.all([...new Set(names)].map(read));
  const result = lintSources(sources, { namespace: flags.namespace ?? "default", trustDomains: flags.trustDomain });
  if (result.rollouts + result.policies === 0 && result.findings.length === 0)
    throw usage(
      `there is no Rollout and no policy in ${filename.join(", ")} (${sources.length} YAML files): nothing was looked at\nName the folder that holds them, or leave this check out.`,
    );
  tell(result, flags.output);
}

/** A file by itself, or the manifests of a folder and of those below it, in the order of their names. */
async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const all = await readdir(path, { recursive: true, withFileTypes: true });
    return all
      .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((name) => !name.includes("node_modules"))
      .toSorted();
  } catch (error) {
    throw notRead(path, error);
  }
}

async function read(file: string): Promise<YamlSource> {
  try {
    return { file, text: await readFile(file, "utf8") };
  } catch (error) {
    throw notRead(file, error);
  }
}

function notRead(path: string, error: unknown): CommandFailure {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return usage(
    code === "ENOENT" ? `-f ${path}: there is no such file or folder` : `-f ${path}: cannot be read (${code})`,
  );
}
