#!/usr/bin/env node
import { Command, CommanderError, type OutputConfiguration } from "commander";
import { completionCommand } from "./commands/completion.ts";
import { controllerCommand } from "./commands/controller.ts";
import { demoCommand } from "./commands/demo.ts";
import { CommandFailure, EXIT } from "./commands/failure.ts";
import { getCommand } from "./commands/get.ts";
import { historyCommand } from "./commands/history.ts";
import { lintCommand } from "./commands/lint.ts";
import { planCommand } from "./commands/plan.ts";
import { printable } from "./commands/printable.ts";
import { releaseCommand } from "./commands/release.ts";
import { restartCommand } from "./commands/restart.ts";
import { statusCommand } from "./commands/status.ts";
import { verbCommands } from "./commands/verbs.ts";
import { readVersion } from "./commands/version-file.ts";
import { programName } from "./commands/typed.ts";
import { versionCommand } from "./commands/version.ts";
import { watchCommand } from "./commands/watch.ts";

/** Everything that can be typed. What a command works with is imported only when it runs, so that help comes at once. */
export function program(): Command {
  const root = new Command(programName())
    .usage("COMMAND [options]")
    .description(
      "Progressive delivery for Kubernetes on Istio: a new version meets users a little at a time, and is taken away from them by itself when they are hurt.",
    )
    .version(readVersion(), "-V, --version", "print the version")
    .addHelpText("after", FIRST_STEPS)
    .showHelpAfterError("What there is: add --help.")
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "sluice: ")) })
    .enablePositionalOptions()
    .exitOverride();
  root.commandsGroup("See how things stand:");
  root.addCommand(getCommand());
  root.addCommand(watchCommand());
  root.addCommand(statusCommand());
  root.addCommand(historyCommand());
  root.addCommand(planCommand());
  root.commandsGroup("Ship:");
  root.addCommand(lintCommand());
  root.addCommand(restartCommand());
  root.commandsGroup("Tell a run what to do:");
  for (const command of verbCommands()) root.addCommand(command);
  root.commandsGroup("Install and run:");
  root.addCommand(crdsCommand());
  root.addCommand(controllerCommand());
  root.addCommand(releaseCommand());
  root.commandsGroup("Other:");
  root.addCommand(demoCommand());
  root.addCommand(versionCommand());
  root.addCommand(completionCommand());
  root.helpCommand("help [command]", "show help for a command");
  for (const command of root.commands) command.copyInheritedSettings(root);
  return root;
}

/** What shells and kubectl ask on Tab. */
const COMPLETE = "__complete";

const FIRST_STEPS = `
First steps:
  sluice crds | kubectl apply --server-side -f -     # or all of it: kubectl apply --server-side -k deploy
  kubectl apply -f - <<EOF
  apiVersion: sluice.dev/v1alpha1
  kind: Rollout
  metadata: {name: checkout, namespace: shop}
  spec:
    workload: {name: checkout}                       # a Deployment
    traffic: {istio: {virtualServices: [{name: checkout}]}}
  EOF
  kubectl -n shop set image deployment/checkout app=checkout:v2
  sluice watch checkout -n shop                      # see it go 10 %, 30 %, all

Exit codes: 0 done, 1 failed, refused or not found, 2 typed wrong; of status and lint: see their help.
`;

function crdsCommand(): Command {
  return new Command("crds")
    .summary("print the CustomResourceDefinitions of this version")
    .description("Prints the CustomResourceDefinitions of this very version as YAML.")
    .addHelpText("after", "\nExample:\n  sluice crds | kubectl apply --server-side -f -\n")
    .action(async () => {
      const { crdsCommand: crds } = await import("./commands/crds.ts");
      process.stdout.write(crds());
    });
}

/**
 * Runs what was typed and gives the exit code. An error that nobody can mend by typing something else is thrown on, with its stack:
 * it is a bug.
 */
export async function run(argv: readonly string[], output: OutputConfiguration = {}): Promise<number> {
  const root = program();
  if (argv[0] === COMPLETE) {
    // Not a command of its own: what follows are words that somebody has not finished.
    const { complete } = await import("./commands/complete.ts");
    process.stdout.write(await complete(root, argv.slice(1)));
    return EXIT.ok;
  }
  for (const command of [root, ...root.commands]) command.configureOutput(output);
  try {
    await root.parseAsync(argv, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    // Commander has said what is wrong; help that was asked for ends with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof CommandFailure)) throw error;
    if (error.message !== "") process.stderr.write(`sluice: ${printable(error.message)}\n`);
    return error.exitCode;
  }
}

/** The process's whole life: what was typed, and its exit code. */
export async function main(): Promise<void> {
  // `sluice get | head`: whoever reads may stop reading.
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.failed),
  );
  const exitCode = await run(process.argv.slice(2));
  // A command may have set one of its own.
  if (exitCode !== EXIT.ok) process.exitCode = exitCode;
}

if (import.meta.main) await main();
