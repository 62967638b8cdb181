import { relative } from "node:path";
import { z } from "zod";
import type { Suite } from "./suites.ts";
import type { Turn } from "./table.ts";

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ title: z.string(), status: z.string() })),
    }),
  ),
});

/**
 * What vitest's JSON report says of these suites, a line a test. `root` is what the suites' files are relative to.
 * @throws ZodError when it is no such report.
 */
export function turnsIn(json: string, suites: readonly Suite[], turn: number, root: string): Turn[] {
  return report.parse(JSON.parse(json)).testResults.flatMap(({ name, assertionResults }) => {
    const suite = suites.find(({ file }) => relative(root, name) === file);
    if (suite === undefined) return [];
    return assertionResults.map(({ title, status }) => ({
      title: `${suite.name}: ${title}`,
      turn,
      passed: status === "passed",
    }));
  });
}
