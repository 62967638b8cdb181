import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createPrometheusClient, type PrometheusClient } from "../prometheus/client.ts";
import { usage } from "./failure.ts";
import { parseNamed } from "./named-values.ts";

export interface PrometheusFlags {
  prometheus?: readonly string[];
  prometheusTokenFile?: readonly string[];
  prometheusCaFile?: readonly string[];
}

/**
 * Clients for the servers that the flags name, or else the environment.
 * @throws CommandFailure when an address, a name or a file cannot be used
 */
export function prometheusServers(
  flags: PrometheusFlags,
  environment: string | undefined,
): Record<string, PrometheusClient> {
  const given = flags.prometheus ?? (environment ?? "").split(/\s+/).filter((text) => text !== "");
  const source = flags.prometheus === undefined ? "SLUICE_PROMETHEUS" : "--prometheus";
  const urls = parseNamed(source, given);
  const tokens = parseNamed("--prometheus-token-file", flags.prometheusTokenFile ?? []);
  const authorities = parseNamed("--prometheus-ca-file", flags.prometheusCaFile ?? []);
  for (const name of [...tokens.keys(), ...authorities.keys()]) {
    if (!urls.has(name))
      throw usage(
        `a file is given for the Prometheus ${JSON.stringify(name)}, which is not among the servers: ${[...urls.keys()].join(", ") || "none"}`,
      );
  }
  return Object.fromEntries(
    [...urls].map(([name, url]) => [name, client(source, name, url, tokens.get(name), authorities.get(name))]),
  );
}

function client(
  source: string,
  name: string,
  url: string,
  tokenFile: string | undefined,
  caFile: string | undefined,
): PrometheusClient {
  try {
    return createPrometheusClient({
      url,
      // Kubernetes rotates tokens in place.
      ...(tokenFile === undefined ? {} : { bearer: () => readFile(tokenFile, "utf8") }),
      ...(caFile === undefined ? {} : { ca: readFileSync(caFile, "utf8") }),
    });
  } catch (error) {
    // The address is not repeated: it may hold a password.
    throw usage(`${source} ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
