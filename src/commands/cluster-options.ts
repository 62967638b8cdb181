import type { Command } from "commander";
import { isAbsolute, resolve } from "node:path";

/** Options of every command that talks to a cluster. */
export interface ClusterOptions {
  kubeconfig?: string;
  context?: string;
}

/** Adds --kubeconfig and --context, which mean what they mean to kubectl. */
export function withClusterOptions(command: Command): Command {
  return command
    .option(
      "--kubeconfig <file>",
      "file that says how to reach the cluster (default: KUBECONFIG, the Pod's own service account, ~/.kube/config)",
      fromWhereTyped,
    )
    .option("--context <name>", "context of that file (default: its current one)");
}

export interface NamespaceOptions extends ClusterOptions {
  namespace?: string;
}

/** The same with --namespace. */
export function withNamespaceOptions(command: Command): Command {
  return withClusterOptions(command.option("-n, --namespace <name>", "namespace (default: the context's own)"));
}

/** npm scripts run at the package's root: a relative path was meant from where the person stood. */
export function fromWhereTyped(file: string): string {
  const from = process.env["npm_lifecycle_event"] === undefined ? undefined : process.env["INIT_CWD"];
  return isAbsolute(file) || from === undefined ? file : resolve(from, file);
}
