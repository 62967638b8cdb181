import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../../deploy/bundle/bundle.ts";
import { crdsCommand } from "../../src/commands/crds.ts";
import { readVersion } from "../../src/commands/version-file.ts";

let folder: string;
let file: string;

beforeAll(async () => {
  // Outside of the checkout, so that no node_modules and no package.json lies above it.
  folder = mkdtempSync(join(tmpdir(), "sluice-bundle-"));
  file = await bundle(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Plain Node, and nothing of this process's environment. */
function sluice(...args: string[]) {
  return spawnSync(process.execPath, [file, ...args], {
    encoding: "utf8",
    cwd: folder,
    env: { HOME: "/nonexistent", PATH: "" },
  });
}

test("all of Sluice is one file", () => {
  expect(readdirSync(folder)).toEqual(["sluice.mjs"]);
});

test("it knows its version and its commands", () => {
  expect(sluice("version").stdout).toContain(`sluice ${readVersion()} (`);
  expect(sluice("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("controller") });
});

test("it carries the CustomResourceDefinitions", () => {
  expect(sluice("crds").stdout).toBe(crdsCommand());
});

test("the controller and the simulator in it bring one version to all users and take the other back", () => {
  const { status, stdout, stderr } = sluice("demo", "--fast");
  expect(stderr).toBe("");
  expect(stdout).toContain("v2 promoted");
  expect(stdout).toContain("v3-errors50 rolled back");
  expect(status).toBe(0);
});

test("the controller's own process starts as far as the cluster that it is to find", () => {
  const { status, stdout, stderr } = sluice("controller", "--prometheus", "http://127.0.0.1:9");
  expect(`${stdout}${stderr}`).toContain("no cluster to talk to");
  expect(status).toBe(1);
});

test("without a cluster one is told how to name one", () => {
  expect(sluice("get")).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("give --kubeconfig") });
});
