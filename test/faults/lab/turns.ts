import { readVitestReport } from "../../vitest-report.ts";
import type { Suite } from "./suites.ts";
import type { Turn } from "./table.ts";

/**
 * What vitest's JSON report says of these suites, a line a test. `root` is what the suites' files are relative to.
 * @throws SyntaxError or ZodError when it is no such report.
 */
export function turnsIn(json: string, suites: readonly Suite[], turn: number, root: string): Turn[] {
  return readVitestReport(json, root).tests.flatMap(({ file, title, result }) => {
    const suite = suites.find((each) => each.file === file);
    return suite === undefined ? [] : [{ title: `${suite.name}: ${title}`, turn, passed: result === "passed" }];
  });
}
