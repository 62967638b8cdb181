import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { YamlSource } from "../api/yaml-objects.ts";
import { type CommandFailure, usage } from "./failure.ts";

const STANDARD_INPUT = "-";

/**
 * The manifests that -f names, each once: a file by itself, of a folder those below it in the order of their names, and "-" for standard
 * input. @throws CommandFailure when one cannot be read
 */
export async function readManifestFiles(paths: readonly string[]): Promise<YamlSource[]> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  return await Promise.all([...new Set(files)].map(read));
}

async function filesOf(path: string): Promise<string[]> {
  if (path === STANDARD_INPUT) return [path];
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
  if (file === STANDARD_INPUT) return { file, text: await text(process.stdin) };
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
