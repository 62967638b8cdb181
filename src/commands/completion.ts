import { Argument, Command } from "commander";

const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** `sluice completion`: a script for a shell. */
export function completionCommand(): Command {
  return new Command("completion")
    .summary("print what makes a shell complete commands and options")
    .description(
      "Prints a script by which the shell completes commands, options, and the names of Rollouts, steps and namespaces.",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText(
      "after",
      `
Examples:
  sluice completion bash > /etc/bash_completion.d/sluice
  sluice completion zsh > "\${fpath[1]}/_sluice"
  sluice completion fish > ~/.config/fish/completions/sluice.fish
`,
    )
    .action(async (shell: Shell) => {
      const { completionScript } = await import("./completion-script.ts");
      process.stdout.write(completionScript(shell));
    });
}
