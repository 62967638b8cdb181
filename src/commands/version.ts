import { Command, Option } from "commander";
import { readVersion } from "./version-file.ts";

/** `sluice version`: which Sluice this is. Asks no cluster. */
export function versionCommand(): Command {
  return new Command("version")
    .summary("print the version of this command")
    .description("Prints the version of this command, and of the Node that it runs on. Asks no cluster.")
    .addOption(new Option("-o, --output <format>", "json: for machines").choices(["json"]))
    .addHelpText("after", "\nExample:\n  sluice version -o json\n")
    .action(({ output }: { output?: "json" }) => {
      const versions = { sluice: readVersion(), node: process.versions.node, api: "sluice.dev/v1alpha1" };
      process.stdout.write(
        output === "json"
          ? `${JSON.stringify(versions)}\n`
          : `sluice ${versions.sluice} (${versions.api}, Node ${versions.node})\n`,
      );
    });
}
