import { LINT_HEADS } from "../../checks/lint.ts";
import type { LintFormat } from "../lint.ts";
import { formatPlace, type LintFinding, NOT_READ, POLICY_EXISTS } from "./finding.ts";
import type { LintResult } from "./lint-sources.ts";

/** What is printed, with the newline at its end. */
export function formatLint(result: LintResult, format: LintFormat, version: string): string {
  if (format === "sarif") return `${JSON.stringify(sarif(result.findings, version), undefined, 2)}\n`;
  const lines = result.findings.map(format === "github" ? annotation : textOf);
  return `${[...lines, summary(result)].join("\n")}\n`;
}

function textOf(finding: LintFinding): string {
  const remedy = finding.remedy === "" ? "" : `\n    ${finding.remedy.replaceAll("\n", "\n    ")}`;
  const word = finding.severity === "fail" ? "error" : "warning";
  return `${formatPlace(finding)} ${word} ${finding.id}: ${finding.message}${remedy}`;
}

/** A workflow command: GitHub shows it at the line of the pull request, or in the log where there is none. */
function annotation(finding: LintFinding): string {
  const { severity, id, message, remedy } = finding;
  const line = "file" in finding ? `file=${property(finding.file)},line=${finding.line},col=${finding.column},` : "";
  const title = `title=${property(`sluice ${id}`)}`;
  return `::${severity === "fail" ? "error" : "warning"} ${line}${title}::${data([message, remedy].join("\n").trim())}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function summary({ findings, rollouts, policies, where }: LintResult): string {
  const errors = findings.filter(({ severity }) => severity === "fail").length;
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  const shared = policies === 0 ? "" : ` and ${policies === 1 ? "1 policy" : `${policies} policies`}`;
  return `${count(rollouts, "Rollout")}${shared} in ${where}: ${count(errors, "error")}, ${count(findings.length - errors, "warning")}`;
}

/** SARIF 2.1.0, which code scanning reads. */
function sarif(findings: readonly LintFinding[], version: string): object {
  const rules = LINT_HEADS.map((check) => ({
    id: check.id,
    shortDescription: { text: check.title },
    fullDescription: { text: check.reason },
    help: { text: check.remedy },
    defaultConfiguration: { level: check.severity === "fail" ? "error" : "warning" },
  }));
  const schema = {
    id: "schema",
    shortDescription: { text: "The file is YAML, and the Rollout or policy is one that the API server takes." },
  };
  const notRead = { id: NOT_READ, shortDescription: { text: "Everything that the checks look at could be read." } };
  const policyExists = { id: POLICY_EXISTS, shortDescription: { text: "The policy that a Rollout names is known." } };
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "sluice lint", version, rules: [...rules, schema, policyExists, notRead] } },
        results: findings.map((finding) => ({
          ruleId: finding.id,
          level: finding.severity === "fail" ? "error" : "warning",
          message: { text: [finding.message, finding.remedy].join(" ").trim() },
          locations: [locationOf(finding)],
        })),
      },
    ],
  };
}

function locationOf(finding: LintFinding): object {
  if (!("file" in finding)) return { logicalLocations: [{ fullyQualifiedName: finding.object, kind: "resource" }] };
  const { file, line, column } = finding;
  return {
    physicalLocation: {
      artifactLocation: { uri: file.replaceAll("\\", "/") },
      region: { startLine: line, startColumn: column },
    },
  };
}
