/**
 * `npm run bundle`: Sluice for plain Node. Nothing has to be installed beside it: the CustomResourceDefinitions and all else that is
 * needed at run time are inside.
 *
 *   dist/sluice.mjs                 all of it in one file, for the image
 *   dist/kubectl/kubectl-sluice     for a terminal: in parts, so that a command loads no more than it needs
 *   dist/kubectl/kubectl_complete-sluice    what kubectl asks on Tab
 *
 *   node deploy/bundle/bundle.ts [FOLDER]      where to, instead of dist
 */
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { LEAN } from "./lean.ts";

const root = join(import.meta.dirname, "..", "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** CommonJS packages ask for Node's own modules by `require`, which an ES module does not have. */
const REQUIRE =
  'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);';

/** What every bundle of Sluice shares. */
export const BUNDLED: BuildOptions = {
  absWorkingDir: root,
  entryPoints: { sluice: "src/cli.ts" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  minifySyntax: true,
  minifyWhitespace: true,
  // Names stay as they are: a stack trace in a log must say where it was.
  keepNames: true,
  banner: { js: REQUIRE },
  define: { SLUICE_VERSION: JSON.stringify(version) },
  // Of the client only its configuration is used; its index would bring every API of Kubernetes, and take longer to start than all else.
  alias: { "@kubernetes/client-node": join(root, "node_modules/@kubernetes/client-node/dist/config.js") },
  plugins: [LEAN],
  outExtension: { ".js": ".mjs" },
  legalComments: "none",
  logLevel: "warning",
};

/** Writes sluice.mjs into a folder and returns its path. */
export async function bundle(folder: string): Promise<string> {
  await build({ ...BUNDLED, outdir: folder });
  const file = join(folder, "sluice.mjs");
  chmodSync(file, 0o755);
  return file;
}

/** Runs as CommonJS and as an ES module, since a file without an extension is either, by where it lies. */
function launcher(first = ""): string {
  return `#!/usr/bin/env node
// What was compiled once is kept, where that can be written.
process.getBuiltinModule("node:module").enableCompileCache();
${first}import("./sluice.mjs").then(({ main }) => main());
`;
}

/** Writes kubectl-sluice, kubectl_complete-sluice and their parts into a folder and returns the path of the first. */
export async function bundlePlugin(folder: string): Promise<string> {
  await build({ ...BUNDLED, outdir: folder, splitting: true, chunkNames: "part-[hash]" });
  const file = join(folder, "kubectl-sluice");
  writeFileSync(file, launcher(), { mode: 0o755 });
  writeFileSync(join(folder, "kubectl_complete-sluice"), launcher('process.argv.splice(2, 0, "__complete");\n'), {
    mode: 0o755,
  });
  return file;
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(root, "dist"));
  for (const file of [await bundle(folder), await bundlePlugin(join(folder, "kubectl"))])
    process.stdout.write(`${file}  ${(statSync(file).size / 1024 / 1024).toFixed(1)} MB\n`);
}
