import { Command, Option } from "commander";
import { type NamespaceOptions, withNamespaceOptions } from "./cluster-options.ts";
import { parseWait } from "./parse-wait.ts";

export interface ReleaseFlags extends NamespaceOptions {
  all?: boolean;
  allNamespaces?: boolean;
  /** Milliseconds to wait until everything is released. */
  timeout: number;
}

/** `sluice release`: Deployments are their users' alone again. */
export function releaseCommand(): Command {
  const command = new Command("release")
    .summary("delete Rollouts and wait until their Deployments are free: before an uninstall")
    .description(
      "Deletes Rollouts and waits until the controller has let go of what they protect: users are on one version, the candidate's pods are gone, " +
        "routes are as they were found, and no Deployment is held. A release under way ends: before the swap users go back to the old version.",
    )
    .argument("[name]", "name of a Rollout")
    .option("--all", "every Rollout of the namespace")
    .option("-A, --all-namespaces", "with --all: of all namespaces")
    .addOption(
      new Option("--timeout <duration>", "how long to wait for the controller, as in 90s or 10m")
        .argParser(parseWait)
        .default(600_000, "10m"),
    );
  return withNamespaceOptions(command)
    .addHelpText(
      "after",
      `
A Deployment whose template is not the one that users are on stays paused, and the command that ships it is printed. Exit code 0
when everything is released, 1 when the time is over first: the deletion then goes on as soon as a controller runs. A server that does
not answer, or is busy or in trouble, is asked again until then.

Examples:
  sluice release checkout -n shop     # stop protecting one Deployment
  sluice release --all -A             # before an uninstall
`,
    )
    .action(async (name: string | undefined, flags: ReleaseFlags) => {
      const { release } = await import("./release-rollouts.ts");
      await release(name, flags);
    });
}
