import { CommandFailure, EXIT } from "../failure.ts";
import type { LintFormat } from "../lint.ts";
import { readVersion } from "../version-file.ts";
import { NOT_READ } from "./finding.ts";
import { formatLint } from "./format.ts";
import type { LintResult } from "./lint-sources.ts";

/** Nothing to mend was found, but not everything could be looked at. */
const INCOMPLETE = 3;

/** Prints what was found. @throws CommandFailure without words when something must be mended, or could not be looked at */
export function tell(result: LintResult, format: LintFormat): void {
  process.stdout.write(formatLint(result, format, readVersion()));
  if (result.findings.some(({ severity }) => severity === "fail")) throw new CommandFailure("", EXIT.failed);
  if (result.findings.some(({ id }) => id === NOT_READ)) throw new CommandFailure("", INCOMPLETE);
}
