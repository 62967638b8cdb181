import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundlePlugin } from "../../deploy/bundle/bundle.ts";
import { readVersion } from "../../src/commands/version-file.ts";
import { ensureTool } from "../lab/tools.ts";

let folder: string;
let path: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-plugin-"));
  const plugin = await bundlePlugin(join(folder, "installed"));
  mkdirSync(join(folder, "bin"));
  symlinkSync(plugin, join(folder, "bin", "kubectl-sluice"));
  path = [join(folder, "bin"), dirname(process.execPath), "/usr/bin", "/bin"].join(":");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The real kubectl, which finds the plugin on PATH. */
async function kubectl(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(await ensureTool("kubectl"), args, {
    encoding: "utf8",
    env: { PATH: path, HOME: "/nonexistent" },
  });
  return { status, stdout, stderr };
}

test("kubectl lists it among its plugins without a warning", async () => {
  const { stdout, stderr } = await kubectl("plugin", "list");
  expect(stdout).toContain("/kubectl-sluice");
  expect(stderr).not.toContain("warning");
});

test("kubectl sluice is sluice, from a link and without node_modules", async () => {
  expect((await kubectl("sluice", "version")).stdout).toContain(`sluice ${readVersion()} (`);
  expect((await kubectl("sluice", "--help")).stdout).toContain("Usage: kubectl sluice COMMAND");
});

/** The parts that a part needs before it can begin, itself among them. */
function neededBy(part: string, known: ReadonlySet<string> = new Set()): Set<string> {
  if (known.has(part)) return new Set(known);
  const text = readFileSync(join(folder, "installed", part), "utf8");
  const imports = [...text.matchAll(/(?:from|import)"\.\/(part-\w+\.mjs)"/g)].map(([, name = ""]) => name);
  return imports.reduce((all, name) => neededBy(name, all), new Set([...known, part]));
}

test("a start loads little: neither schemas nor YAML before a command wants them, and Node's http without its undici", () => {
  const bytes = [...neededBy("sluice.mjs")].map((part) => readFileSync(join(folder, "installed", part)).length);
  expect(bytes.reduce((sum, length) => sum + length, 0)).toBeLessThan(120_000);
  for (const part of readdirSync(join(folder, "installed")).filter((name) => name.endsWith(".mjs")))
    expect(readFileSync(join(folder, "installed", part), "utf8"), part).not.toMatch(/from"(node:)?https?"/);
});

test("what it tells people to type is what they type", async () => {
  expect(await kubectl("sluice", "puase", "x")).toMatchObject({ status: 2 });
  expect((await kubectl("sluice", "demo", "--fast")).stdout).toContain("v2 promoted");
  expect(await kubectl("sluice", "get")).toMatchObject({ status: 1, stderr: expect.stringContaining("no cluster") });
});
