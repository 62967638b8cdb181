import { CHECKS } from "./all.ts";
import { LINT_ONLY } from "./lint.ts";
import type { CheckHead } from "./types.ts";

const HEAD = `# Checks

What Sluice looks at before a run gives a single user to a new version. A check that *fails* keeps the run in preflight, with
\`Stalled=PreflightFailed\` (\`Stalled=Conflict\` for \`sole-owner\`), until what it names is mended: it looks again when something changes, and each minute. A *warning* is
told and stops nothing; it is also what a check says when it could not look.
`;

/** The text of \`docs/reference/checks.md\`. */
export function checksMarkdown(checks: readonly CheckHead[] = CHECKS): string {
  const rows = checks.map(row);
  return [
    HEAD,
    "| # | check | worst | what holds when it passes |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    ...checks.map(section),
    "# Checks of manifests\n",
    "What `sluice lint -f DIR` looks at besides, before anything is in a cluster. A failure ends it with 1, a warning with 0.\n",
    "| # | check | worst | what holds when it passes |",
    "| --- | --- | --- | --- |",
    ...LINT_ONLY.map(row),
    "",
    ...LINT_ONLY.map(section),
  ].join("\n");
}

function row(check: CheckHead): string {
  return `| ${check.number} | [\`${check.id}\`](#${check.id}) | ${check.severity} | ${cell(check.title)} |`;
}

function section(check: CheckHead): string {
  return `## ${check.id}\n\n${check.title}\n\n*Why it matters.* ${check.reason}\n\n*What to do.* ${check.remedy}\n`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
