import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { toolNamed, tools } from "./catalogue.ts";
import { cachedPath, findTool } from "./find.ts";

let folder: string;
const etcd = toolNamed("etcd");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-find-"));
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  vi.stubEnv("PATH", join(folder, "bin"));
  vi.stubEnv("KUBEBUILDER_ASSETS", join(folder, "assets"));
  vi.stubEnv("SLUICE_TOOL_ETCD", "");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function put(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "", { mode: 0o755 });
  return path;
}

test("a tool that is nowhere is not found", () => {
  expect(findTool(etcd)).toBeUndefined();
});

test("the variable goes before KUBEBUILDER_ASSETS, that before PATH, and that before the cache", () => {
  const cached = put(cachedPath(etcd));
  expect(findTool(etcd)).toBe(cached);
  const onPath = put(join(folder, "bin", "etcd"));
  expect(findTool(etcd)).toBe(onPath);
  const asset = put(join(folder, "assets", "etcd"));
  expect(findTool(etcd)).toBe(asset);
  const named = put(join(folder, "mine"));
  vi.stubEnv("SLUICE_TOOL_ETCD", named);
  expect(findTool(etcd)).toBe(named);
});

test("a variable that names nothing is an error, not a reason to take another binary", () => {
  vi.stubEnv("SLUICE_TOOL_ETCD", join(folder, "nothing"));
  expect(() => findTool(etcd)).toThrow(/SLUICE_TOOL_ETCD names/);
});

test("every tool has a place of its own in the cache", () => {
  expect(new Set(tools.map(cachedPath)).size).toBe(tools.length);
});
