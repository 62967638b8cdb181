import { Command, Option } from "commander";
import { type NamespaceOptions, withNamespaceOptions } from "./cluster-options.ts";
import { parseWait } from "./parse-wait.ts";

export interface StatusFlags extends NamespaceOptions {
  watch?: boolean;
  /** Milliseconds. */
  timeout: number;
  output?: "json";
}

/** `sluice status`: what came of a release, as an exit code. */
export function statusCommand(): Command {
  const command = new Command("status")
    .summary("say what came of the newest version, by exit code: for pipelines")
    .description(
      "Says in a line how the release of the Deployment's newest template stands. With --watch it waits until that is promoted or taken back, " +
        "or until it waits for a person, and prints a line whenever something changes.",
    )
    .argument("<name>", "name of the Rollout")
    .option("-w, --watch", "wait for the end")
    .addOption(
      new Option("--timeout <duration>", "with --watch: how long to wait, as in 90s or 30m")
        .argParser(parseWait)
        .default(1_800_000, "30m"),
    )
    .addOption(new Option("-o, --output <format>", "json: one object a line, for machines").choices(["json"]));
  return withNamespaceOptions(command)
    .addHelpText(
      "after",
      `
Exit codes:
  0  promoted: every user is on the Deployment's template
  1  rolled back or aborted, with the numbers
  2  it waits for a person: paused, at an approval, stalled; also when the command is typed wrong
  3  still under way, without --watch or when the time is over
  4  cannot be told: the cluster cannot be asked, or has no such Rollout

With --watch a server that does not answer, or is busy or in trouble, is asked again until the time is over.

A template that was changed a moment ago counts as under way before its run has begun, so it can follow a change at once.

Examples:
  sluice status checkout -n shop
  kubectl -n shop set image deployment/checkout app=checkout:v2 && sluice status checkout -n shop --watch --timeout 30m
`,
    )
    .action(async (name: string, flags: StatusFlags) => {
      const { status } = await import("./release-status.ts");
      process.exitCode = await status(name, flags);
    });
}
