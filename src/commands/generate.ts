import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { allCrds, kinds } from "../api/crd/kinds.ts";
import { apiReference } from "../api/crd/reference.ts";
import { crdYaml } from "../api/crd/yaml.ts";
import { checksMarkdown } from "../checks/docs.ts";
import { machineMarkdown } from "../engine/docs.ts";
import { deployFiles } from "./generate-chart.ts";
import { metricsReference } from "../server/metrics-table.ts";
import { argocdConfigMap } from "./argocd-config.ts";

/** A file that is made from code and kept in the repository, so that a change of it is seen in review. */
export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly content: string;
}

const root = join(import.meta.dirname, "..", "..");
const madeFrom = (source: string) => `Made by \`npm run generate\`. Change ${source}, not this file.`;
const MADE_BY = madeFrom("src/api");

/** Every generated file, made afresh. To generate one more: add it here. */
export function generatedFiles(): GeneratedFile[] {
  return [
    ...allCrds().map((crd) => ({
      path: `crds/${crd.spec.group}_${crd.spec.names.plural}.yaml`,
      content: `# ${MADE_BY}\n${crdYaml(crd)}`,
    })),
    {
      path: "deploy/argocd/argocd-cm.yaml",
      content: `# ${madeFrom("the Lua files beside it")}\n# kubectl -n argocd patch configmap argocd-cm --patch-file deploy/argocd/argocd-cm.yaml\n${argocdConfigMap()}`,
    },
    { path: "docs/reference/checks.md", content: `<!-- ${madeFrom("src/checks")} -->\n\n${checksMarkdown()}` },
    {
      path: "docs/reference/metrics.md",
      content: `<!-- ${madeFrom("src/server/metrics-table.ts")} -->\n\n${metricsReference()}`,
    },
    {
      path: "docs/reference/machine.md",
      content: `<!-- ${madeFrom("src/engine/table.ts")} -->\n\n${machineMarkdown()}`,
    },
    ...deployFiles(root),
    { path: "docs/reference/api.md", content: `<!-- ${MADE_BY} -->\n\n${apiReference(kinds)}` },
  ];
}

/** Paths of the generated files that are missing, or differ from what the code makes now. */
export function staleFiles(): string[] {
  return generatedFiles()
    .filter(({ path, content }) => readIfThere(join(root, path)) !== content)
    .map(({ path }) => path);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function writeAll(): void {
  for (const { path, content } of generatedFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    console.log(`wrote ${path}`);
  }
}

function check(): void {
  const stale = staleFiles();
  for (const path of stale) console.error(`${path} is not what the code makes: run npm run generate`);
  if (stale.length > 0) process.exitCode = 1;
}

if (import.meta.main) (process.argv.includes("--check") ? check : writeAll)();
