import type { VitestReport } from "./vitest-report.ts";

/** Lines of a failed test's message that are shown: what it says, not where it came by. */
const MOST_LINES = 12;

/**
 * What failed in a report of `stage`, an entry each, for the end of a long log: where it stands, what it is called, and how its
 * message begins. The output of the test itself is further up.
 */
export function failuresOf(stage: string, { tests, brokenFiles }: VitestReport): string[] {
  return [
    ...tests
      .filter(({ result }) => result === "failed")
      .map(({ file, fullName, messages }) => entry(stage, `${file} > ${fullName}`, messages.join("\n"))),
    ...tests
      .filter(({ result }) => result === "skipped")
      .map(({ file, fullName }) => entry(stage, `${file} > ${fullName}`, "skipped, which counts as failed")),
    ...brokenFiles.map(({ file, message }) => entry(stage, file, message)),
  ];
}

function entry(stage: string, where: string, message: string): string {
  const lines = message.split("\n").filter((line) => line.trim() !== "" && !/^\s*at .*:\d+:\d+\)?$/u.test(line));
  return [`${stage}: ${where}`, ...lines.slice(0, MOST_LINES).map((line) => `    ${line}`)].join("\n");
}
