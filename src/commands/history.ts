import { Command, Option } from "commander";
import { type NamespaceOptions, withNamespaceOptions } from "./cluster-options.ts";

export interface HistoryFlags extends NamespaceOptions {
  output?: "json" | "yaml" | "wide";
}

/** `sluice history`: the runs of a Rollout. */
export function historyCommand(): Command {
  const command = new Command("history")
    .summary("list the runs of a Rollout: what was shipped, and what came of it")
    .description(
      "The runs that are kept (spec.historyLimit), the newest first: why each began, how it ended, what it brought, and why it was taken back.",
    )
    .argument("<name>", "name of the Rollout")
    .addOption(
      new Option(
        "-o, --output <format>",
        "json and yaml: the runs as the API server has them; wide: more columns",
      ).choices(["json", "yaml", "wide"]),
    );
  return withNamespaceOptions(command)
    .addHelpText(
      "after",
      "\nExamples:\n  sluice history checkout -n shop\n  sluice history checkout -o json | jq -r '.items[].status.phase'\n",
    )
    .action(async (name: string, flags: HistoryFlags) => {
      const { history } = await import("./release-history.ts");
      await history(name, flags);
    });
}
