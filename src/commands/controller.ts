import { Command, InvalidArgumentError, Option } from "commander";
import { type ClusterOptions, fromWhereTyped, withClusterOptions } from "./cluster-options.ts";
import { collect } from "./named-values.ts";

export interface ControllerFlags extends ClusterOptions {
  prometheus?: readonly string[];
  prometheusTokenFile?: readonly string[];
  prometheusCaFile?: readonly string[];
  listen: string;
  namespace?: string;
  alertsTokenFile?: string;
  leaderElect: boolean;
  leaseNamespace?: string;
  identity?: string;
  workers: number;
  logLevel: string;
}

/** `sluice controller`: the process that watches Rollouts and moves users. In a cluster, `deploy/` runs it. */
export function controllerCommand(): Command {
  const command = new Command("controller")
    .summary("run the controller: what deploy/ runs in a cluster")
    .description(
      "Runs the controller until it is told to stop. Of several that run side by side one leads, by a Lease; the others stand by\n" +
        "and take over within seconds. SIGTERM and SIGINT end it cleanly: work in hand ends, the Lease is given up, exit code 0.\n" +
        "It exits with 1 when leadership is lost, so that whatever supervises it starts it anew.",
    )
    .option(
      "--prometheus <name=url>",
      "a Prometheus, by the name that Rollouts use for it in spec.analysis.prometheus; a bare URL is the one named default. Repeatable. " +
        "Environment: SLUICE_PROMETHEUS, several separated by spaces",
      collect,
    )
    .option(
      "--prometheus-token-file <name=file>",
      "file with the bearer token for that Prometheus, read anew before each query. Repeatable",
      collect,
    )
    .option(
      "--prometheus-ca-file <name=file>",
      "file with the certificate authority, in PEM, that signed that Prometheus's certificate. Repeatable",
      collect,
    )
    .option(
      "--listen <address>",
      "where /healthz, /readyz and /metrics are served, as in :8080 or 127.0.0.1:8080",
      ":8080",
    )
    .option(
      "--alerts-token-file <file>",
      "take Alertmanager's webhooks at POST /alerts from whoever brings the bearer token in this file: an alert that fires with the labels " +
        "namespace and rollout pauses the run there, or aborts it with the label sluice_action=abort (default: off)",
    )
    .option("--namespace <name>", "work on Rollouts of this namespace only (default: all)")
    .addOption(new Option("--leader-elect", "compete for the Lease before any work").default(true))
    .option("--no-leader-elect", "work at once: only where no other controller can be running")
    .option(
      "--lease-namespace <name>",
      "where the Lease `sluice` lives (default: the Pod's namespace, else sluice-system)",
    )
    .option(
      "--identity <text>",
      "name of this process in the Lease and in Events (default: the host's name; outside a Pod with the process id)",
    )
    .option("--workers <count>", "Rollouts that are worked on at once", positiveInteger, 8)
    .addOption(
      new Option("--log-level <level>", "least level that is logged")
        .choices(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
        .default("info"),
    );
  return withClusterOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  sluice controller --prometheus http://prometheus.istio-system:9090
  sluice controller --prometheus http://localhost:9090 --no-leader-elect --listen 127.0.0.1:8080    # from a laptop
  sluice controller --prometheus http://prom-a:9090 --prometheus payments=https://prom-b \\
                    --prometheus-token-file payments=/var/run/secrets/prom-b/token
`,
    )
    .action(async (flags: ControllerFlags) => {
      const { runController } = await import("./controller-process.ts");
      const exitCode = await runController({
        ...flags,
        prometheusTokenFile: paths(flags.prometheusTokenFile),
        prometheusCaFile: paths(flags.prometheusCaFile),
        ...(flags.alertsTokenFile === undefined ? {} : { alertsTokenFile: fromWhereTyped(flags.alertsTokenFile) }),
      });
      // Watches that were cut off, and kept connections, must not keep the process.
      process.exit(exitCode);
    });
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("Expected a whole number from 1 to 9999.");
  return Number(text);
}

/** `NAME=FILE` with the file from where the person stood. */
function paths(named: readonly string[] = []): readonly string[] {
  return named.map((text) => {
    const [, name = "", file = text] = /^([a-z0-9-]+=)?(.*)$/s.exec(text) ?? [];
    return `${name}${fromWhereTyped(file)}`;
  });
}
