import { Command, Option } from "commander";
import { collect } from "./named-values.ts";

/** Here and not beside what writes them: that brings all checks, which help does not need. */
const LINT_FORMATS = ["text", "github", "sarif"] as const;
export type LintFormat = (typeof LINT_FORMATS)[number];

export interface LintFlags {
  filename: readonly string[];
  namespace?: string;
  trustDomain?: readonly string[];
  output: LintFormat;
}

/** `sluice lint`: the check of a pull request. */
export function lintCommand(): Command {
  return new Command("lint")
    .summary("look at manifests before they are applied: Rollouts and the routes, rules and policies that they touch")
    .description(
      "Looks at Rollouts and their policies in files, and at the objects of Istio and Kubernetes beside them that they touch, without a cluster. " +
        "What Istio itself would refuse is told of each of its objects. Everything that is found has file, line and column. What only a cluster knows is left to preflight.",
    )
    .requiredOption(
      "-f, --filename <path>",
      "a file, or a folder with all below it; may be given several times",
      collect,
    )
    .option("-n, --namespace <name>", "the namespace of objects that name none (default: default)")
    .option(
      "--trust-domain <domain>",
      "the mesh's trust domain, or one that it takes for its own: principals of any other are errors; may be given again",
      collect,
    )
    .addOption(new Option("-o, --output <format>", "how it is told").choices(LINT_FORMATS).default("text"))
    .addHelpText(
      "after",
      `
Templates of Helm and overlays of kustomize are no manifests yet: render them first.

Exit codes: 0 nothing worse than a warning, 1 something must be mended, 2 typed wrong, or no Rollout and no policy there.

Examples:
  sluice lint -f deploy/
  sluice lint -f deploy/ -o github                    # at the lines of the pull request
  sluice lint -f deploy/ -o sarif > sluice.sarif      # for code scanning
  kustomize build overlays/production | sluice lint -f /dev/stdin
`,
    )
    .action(async (flags: LintFlags) => {
      const { lint } = await import("./lint/lint-files.ts");
      await lint(flags);
    });
}
