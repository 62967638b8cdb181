import { mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Say } from "./build.ts";
import type { DebianSource, Tool } from "./catalogue.ts";
import { run } from "./run.ts";

/**
 * Unpacks Debian packages beside `target`, without installing them, and writes a script that runs their program. Needs no rights: what
 * they depend on beyond each other must be there, as on any Debian it is.
 */
export async function unpackDebian(
  tool: Tool,
  source: DebianSource,
  paths: { scratch: string; made: string; target: string },
  say: Say,
): Promise<void> {
  const { packages, member } = source;
  say(`${tool.name}: unpacking Debian's ${packages.join(", ")}, since ${tool.variable} is not set and PATH has none.`);
  const files = join(paths.scratch, "files");
  await mkdir(files);
  try {
    await download(packages, paths.scratch);
    for (const name of (await readdir(paths.scratch)).filter((file) => file.endsWith(".deb")))
      await run("dpkg-deb", ["--extract", join(paths.scratch, name), files]);
  } catch (error) {
    throw new Error(
      `${tool.name} could not be had from Debian: install the package ${packages[0]}, or set ${tool.variable} to a binary. ` +
        (error instanceof Error ? error.message : String(error)),
      { cause: error },
    );
  }
  // A program that was moved looks for all it needs under one folder: fish does, for its functions.
  await symlink("../etc", join(files, "usr", "etc"));
  const kept = `${paths.target}.files`;
  await rm(kept, { recursive: true, force: true });
  await rename(files, kept);
  await writeFile(
    paths.made,
    `#!/bin/sh
for folder in '${kept}'/usr/lib/*-linux-*; do
  LD_LIBRARY_PATH="$folder\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH UNPACKED='${kept}'
exec '${kept}/${member}' "$@"
`,
  );
}

/** apt's own lists may be missing or old, and only root may renew them: then lists of our own. */
async function download(packages: readonly string[], folder: string): Promise<void> {
  try {
    await run("apt-get", ["download", ...packages], { cwd: folder });
  } catch {
    const state = join(folder, "apt");
    await mkdir(join(state, "lists", "partial"), { recursive: true });
    const own = ["-o", `Dir::State::lists=${join(state, "lists")}`, "-o", `Dir::Cache=${state}`];
    await run("apt-get", [...own, "update"], { cwd: folder });
    await run("apt-get", [...own, "download", ...packages], { cwd: folder });
  }
}
