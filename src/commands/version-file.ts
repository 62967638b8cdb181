import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Written into the bundle when it is made, since no package.json comes along with it. */
declare const SLUICE_VERSION: string | undefined;

/** The version of this Sluice: of the bundle, else of Sluice's own package.json above this file; "unknown" without one. */
export function readVersion(from: string = import.meta.dirname): string {
  if (typeof SLUICE_VERSION === "string") return SLUICE_VERSION;
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
