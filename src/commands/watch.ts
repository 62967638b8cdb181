import { Command, Option } from "commander";
import { type NamespaceOptions, withNamespaceOptions } from "./cluster-options.ts";
import { parseWait } from "./parse-wait.ts";

export interface WatchFlags extends NamespaceOptions {
  /** Milliseconds between two looks. */
  interval: number;
  plain?: boolean;
}

/** `sluice watch`: a release as it goes. */
export function watchCommand(): Command {
  const command = new Command("watch")
    .summary("watch a release as it goes: run, step, weights, verdicts, pods")
    .description(
      "In a terminal: a tree of the run, its steps, who meets which version on which pods, and what the numbers say, drawn anew as it changes. " +
        "Elsewhere, as in a log: one line whenever something changes. Goes on until Ctrl-C; for pipelines there is status --watch.",
    )
    .argument("<name>", "name of the Rollout")
    .addOption(
      new Option("--interval <duration>", "time between two looks, as in 2s").argParser(parseWait).default(1000, "1s"),
    )
    .option("--plain", "lines in a terminal too");
  return withNamespaceOptions(command)
    .addHelpText(
      "after",
      "\nExamples:\n  sluice watch checkout -n shop\n  sluice watch checkout -n shop --plain | tee release.log\n",
    )
    .action(async (name: string, flags: WatchFlags) => {
      const { watchRelease } = await import("./watch-release.ts");
      await watchRelease(name, flags);
    });
}
