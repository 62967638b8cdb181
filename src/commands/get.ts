import { Command, Option } from "commander";
import { type NamespaceOptions, withNamespaceOptions } from "./cluster-options.ts";

export interface GetFlags extends NamespaceOptions {
  allNamespaces?: boolean;
  output?: "json" | "yaml" | "wide" | "name";
}

/** `sluice get`: how the rollouts stand. */
export function getCommand(): Command {
  const command = new Command("get")
    .summary("show how rollouts stand, or all about one")
    .description(
      "Without a NAME: the Rollouts of the namespace, one a line. With a NAME: a page about that one: its steps and where it is among them, " +
        "what the numbers say, why it waits or was taken back, what happened lately, and the command to type next.",
    )
    .argument("[name]", "name of a Rollout")
    .option("-A, --all-namespaces", "Rollouts of all namespaces")
    .addOption(
      new Option(
        "-o, --output <format>",
        "json and yaml: the objects as the API server has them; wide: more columns; name: the names alone",
      ).choices(["json", "yaml", "wide", "name"]),
    );
  return withNamespaceOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  sluice get                      # Rollouts of the current namespace
  sluice get -A                   # all of them
  sluice get checkout -n shop     # all about one
  sluice get checkout -o json | jq -r .status.phase
`,
    )
    .action(async (name: string | undefined, flags: GetFlags) => {
      const { getRollouts } = await import("./get-rollouts.ts");
      await getRollouts(name, flags);
    });
}
