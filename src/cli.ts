#!/usr/bin/env node
import { Command } from "commander";
import { controllerCommand } from "./commands/controller.ts";
import { CommandFailure, EXIT } from "./commands/failure.ts";
import { readVersion } from "./commands/version-file.ts";

/** Everything that can be typed. What a command works with is imported when it runs, so that help comes at once. */
export function program(): Command {
  const root = new Command("sluice")
    .description(
      "Progressive delivery for Kubernetes on Istio: new versions meet users a little at a time, and are taken away when users are hurt.",
    )
    .version(readVersion(), "-V, --version", "print the version")
    .showSuggestionAfterError();
  root.commandsGroup("Install and run:");
  root
    .command("crds")
    .summary("print the CustomResourceDefinitions of this version")
    .addHelpText("after", "\nExample:\n  sluice crds | kubectl apply --server-side -f -\n")
    .action(async () => {
      const { crdsCommand } = await import("./commands/crds.ts");
      process.stdout.write(crdsCommand());
    });
  root.addCommand(controllerCommand());
  return root;
}

async function main(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    process.stderr.write(`sluice: ${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

if (import.meta.main) await main(process.argv);
export { EXIT };
