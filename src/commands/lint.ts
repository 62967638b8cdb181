import { Command, InvalidArgumentError, Option } from "commander";
import { type NamespaceOptions, withClusterOptions } from "./cluster-options.ts";
import { usage } from "./failure.ts";
import { collect } from "./named-values.ts";

/** Here and not beside what writes them: that brings all checks, which help does not need. */
const LINT_FORMATS = ["text", "github", "sarif"] as const;
export type LintFormat = (typeof LINT_FORMATS)[number];

export interface LintFlags extends NamespaceOptions {
  filename?: readonly string[];
  cluster?: boolean;
  allNamespaces?: boolean;
  trustDomain?: readonly string[];
  output: LintFormat;
}

function collectDomains(value: string, before?: readonly string[]): readonly string[] {
  if (!/^[^\s/:]+$/.test(value)) throw new InvalidArgumentError('Expected a trust domain such as "cluster.local".');
  return collect(value, before);
}

/** `sluice lint`: the check of a pull request, and of what a cluster holds. */
export function lintCommand(): Command {
  const command = new Command("lint")
    .summary("look at manifests before they are applied: Rollouts and the routes, rules and policies that they touch")
    .description(
      "Looks at Rollouts and their policies, and at the objects of Istio and Kubernetes beside them that they touch: in files, without a cluster, " +
        "or with --cluster at those that a cluster holds, where it only reads. What Istio itself would refuse is told of each of its objects. " +
        "What is found in files has file, line and column. What only requests and pods can tell is left to preflight.",
    )
    .option(
      "-f, --filename <path>",
      "a file, or a folder with all below it; - is standard input; may be given several times",
      collect,
    )
    .option("--cluster", "look at what is in the cluster")
    .option("-A, --all-namespaces", "with --cluster: at Rollouts of all namespaces")
    .option(
      "--trust-domain <domain>",
      "the mesh's trust domain, or one that it takes for its own: principals of any other are errors; may be given again",
      collectDomains,
    )
    .addOption(new Option("-o, --output <format>", "how it is told").choices(LINT_FORMATS).default("text"))
    .option(
      "-n, --namespace <name>",
      "of objects in files that name none (default: default); with --cluster: where to look (default: the context's own)",
    );
  return withClusterOptions(command)
    .addHelpText(
      "after",
      `
Templates of Helm and overlays of kustomize are no manifests yet: render them first.

Exit codes: 0 nothing worse than a warning, 1 something must be mended or the cluster cannot be asked, 2 typed wrong, or no Rollout
and no policy there, 3 nothing to mend in what was looked at, but some kinds the cluster does not serve or they may not be listed.

Examples:
  sluice lint -f deploy/
  sluice lint -f deploy/ -o github                    # at the lines of the pull request
  sluice lint -f deploy/ -o sarif > sluice.sarif      # for code scanning
  kustomize build overlays/production | sluice lint -f -
  sluice lint --cluster -n shop                       # what is there now
  sluice lint --cluster -A
`,
    )
    .action(async (flags: LintFlags) => {
      if (flags.cluster === true) return await onCluster(flags);
      if (flags.filename === undefined)
        throw usage("what is to be looked at? Name files with -f, or say --cluster: see --help.");
      for (const [option, given] of Object.entries({
        "--all-namespaces": flags.allNamespaces,
        "--context": flags.context,
        "--kubeconfig": flags.kubeconfig,
      }))
        if (given !== undefined) throw usage(`${option} is for --cluster: files need none`);
      const { lintFiles } = await import("./lint/lint-files.ts");
      await lintFiles(flags.filename, flags);
    });
}

async function onCluster(flags: LintFlags): Promise<void> {
  if (flags.filename !== undefined) throw usage("-f and --cluster do not go together: give one of them");
  if (flags.namespace !== undefined && flags.allNamespaces === true)
    throw usage("--namespace and --all-namespaces do not go together: give one of them");
  const { lintCluster } = await import("./lint/lint-cluster.ts");
  await lintCluster(flags);
}
