import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The version in Sluice's own package.json, which lies somewhere above this file, bundled or not; "unknown" without one. */
export function readVersion(from: string = import.meta.dirname): string {
  for (let directory = from; ; directory = dirname(directory)) {
    const found = readPackage(join(directory, "package.json"));
    if (found?.name === "sluice" && found.version !== undefined) return found.version;
    if (dirname(directory) === directory) return "unknown";
  }
}

function readPackage(file: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
  } catch {
    return undefined;
  }
}
