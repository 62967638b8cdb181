import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Say } from "./build.ts";
import { cacheDir, moduleDir, moduleKey } from "./find.ts";
import { run } from "./run.ts";

interface CrdSource {
  readonly name: "istio-crds" | "gateway-api-crds";
  readonly variable: string;
  readonly goModule: string;
  /** A YAML file or a folder of them, inside the Go module. */
  readonly path: string;
}

/** Both are in the module graph of test/tools/istio, so they always fit the istiod that is built from it. */
const sources: readonly CrdSource[] = [
  {
    name: "istio-crds",
    variable: "SLUICE_ISTIO_CRDS",
    goModule: "istio.io/istio",
    path: "manifests/charts/base/files/crd-all.gen.yaml",
  },
  {
    name: "gateway-api-crds",
    variable: "SLUICE_GATEWAY_API_CRDS",
    goModule: "sigs.k8s.io/gateway-api",
    path: "config/crd/standard",
  },
];

/**
 * Path of a JSON array of CustomResourceDefinitions. JSON since parsing 20,000 lines of YAML at every boot takes longer than
 * etcd and the apiserver take to start.
 */
export async function crdFile(name: CrdSource["name"], say: Say): Promise<string> {
  const source = sources.find((entry) => entry.name === name);
  if (source === undefined) throw new Error(`no CRDs are called ${name}`);
  const given = process.env[source.variable];
  if (given !== undefined && given !== "") return given;
  const target = join(cacheDir(), `${name}-${moduleKey("istio", [source.path])}.json`);
  if (existsSync(target)) return target;
  say(`${name}: copying from the Go module ${source.goModule}`);
  const objects = await readManifests(join(await goModuleDir(source), source.path));
  await mkdir(dirname(target), { recursive: true });
  const scratch = `${target}.partial-${process.pid}`;
  await writeFile(scratch, JSON.stringify(objects));
  await rename(scratch, target);
  return target;
}

async function goModuleDir(source: CrdSource): Promise<string> {
  const cwd = moduleDir("istio");
  try {
    await run("go", ["mod", "download", source.goModule], { cwd });
    return (await run("go", ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", source.goModule], { cwd })).trim();
  } catch (error) {
    throw new Error(
      `${source.name} come with the Go module ${source.goModule}: install Go 1.26 or newer, or set ${source.variable} to a JSON file with them.`,
      { cause: error },
    );
  }
}

async function readManifests(path: string): Promise<unknown[]> {
  const files = path.endsWith(".yaml")
    ? [path]
    : (await readdir(path)).filter((name) => name.endsWith(".yaml")).map((name) => join(path, name));
  const objects: unknown[] = [];
  for (const file of files) {
    for (const document of parseAllDocuments(await readFile(file, "utf8"))) {
      const object: unknown = document.toJS();
      if (isCrd(object)) objects.push(object);
    }
  }
  return objects;
}

function isCrd(object: unknown): boolean {
  return (
    typeof object === "object" && object !== null && "kind" in object && object.kind === "CustomResourceDefinition"
  );
}
