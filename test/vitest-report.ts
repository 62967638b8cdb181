import { relative } from "node:path";
import { z } from "zod";

const schema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({
          title: z.string(),
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

export interface TestOutcome {
  /** Relative to the root that was asked for. */
  readonly file: string;
  readonly title: string;
  /** The title behind those of the groups that it is in. */
  readonly fullName: string;
  readonly result: "passed" | "failed" | "skipped";
  /** What a failed one said, whole. */
  readonly messages: readonly string[];
}

export interface VitestReport {
  readonly tests: readonly TestOutcome[];
  /** Files that failed though none of their tests did: one that does not load, or a hook around all tests. */
  readonly brokenFiles: readonly { readonly file: string; readonly message: string }[];
}

/**
 * What vitest's JSON reporter wrote. `root` is what files are relative to.
 * @throws SyntaxError or ZodError when it is no such report.
 */
export function readVitestReport(json: string, root: string): VitestReport {
  const files = schema.parse(JSON.parse(json)).testResults.map(({ name, ...rest }) => ({
    file: relative(root, name),
    ...rest,
  }));
  return {
    tests: files.flatMap(({ file, assertionResults }) =>
      assertionResults.map(({ title, fullName, status, failureMessages }) => ({
        file,
        title,
        fullName,
        result: status === "passed" || status === "failed" ? status : "skipped",
        messages: failureMessages ?? [],
      })),
    ),
    brokenFiles: files
      .filter(({ status, assertionResults }) => status === "failed" && !assertionResults.some(isFailed))
      .map(({ file, message }) => ({ file, message: message ?? "" })),
  };
}

function isFailed({ status }: { status: string }): boolean {
  return status === "failed";
}
