import { Command } from "commander";
import { type NamespaceOptions, withNamespaceOptions } from "./cluster-options.ts";

/** `sluice restart`: new pods of the same version, vetted like any. */
export function restartCommand(): Command {
  const command = new Command("restart")
    .summary("bring fresh pods of the same version to users, step by step")
    .description(
      "Writes the time into the Deployment's pod template, as kubectl rollout restart does. That is a new template, so it gets to users by a run " +
        "with every step: pods that do not come up, or that fail, are taken away again.",
    )
    .argument("<name>", "name of the Rollout");
  return withNamespaceOptions(command)
    .addHelpText(
      "after",
      `
Whoever gives it needs the verb \`patch\` on deployments. A GitOps tool that owns the template's annotations takes the time out again:
restart there by a commit.

Example:
  sluice restart checkout -n shop
`,
    )
    .action(async (name: string, flags: NamespaceOptions) => {
      const { restart } = await import("./restart-workload.ts");
      await restart(name, flags);
    });
}
