import { KubeConfig } from "@kubernetes/client-node";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface KubeConfigOptions {
  /** A file; wins over everything else. */
  kubeconfig?: string;
  /** A context of the file; its own current one when left out. */
  context?: string;
  /** @default process.env */
  env?: Readonly<Record<string, string | undefined>>;
  /** @default the user's own */
  homeDirectory?: string;
}

const serviceAccountTokenPath = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/**
 * Finds the way to a cluster: the file given, KUBECONFIG, the Pod's service account, ~/.kube/config, in this order.
 * @throws Error that says what to set when there is none, or what is wrong with the one found
 */
export function loadKubeConfig(options: KubeConfigOptions = {}): KubeConfig {
  const { env = process.env, homeDirectory = homedir() } = options;
  const config = new KubeConfig();
  const defaultPath = join(homeDirectory, ".kube", "config");
  if (options.kubeconfig !== undefined) load(config, options.kubeconfig);
  else if (env.KUBECONFIG) loadAll(config, env.KUBECONFIG);
  else if (env.KUBERNETES_SERVICE_HOST && existsSync(serviceAccountTokenPath)) config.loadFromCluster();
  else if (existsSync(defaultPath)) load(config, defaultPath);
  else throw new Error(`no cluster to talk to: give --kubeconfig FILE, set KUBECONFIG, or write ${defaultPath}`);

  if (options.context !== undefined) {
    if (!config.getContextObject(options.context)) {
      const known = config.getContexts().map((context) => context.name);
      throw new Error(
        `the kubeconfig has no context ${JSON.stringify(options.context)}; it has: ${known.join(", ") || "none"}`,
      );
    }
    config.setCurrentContext(options.context);
  }
  if (!config.getCurrentCluster()) throw new Error("the kubeconfig has no current context: give --context NAME");
  return config;
}

/** The namespace that the current context names, else "default". */
export function currentNamespace(config: KubeConfig): string {
  return config.getContextObject(config.getCurrentContext())?.namespace || "default";
}

function load(config: KubeConfig, file: string): void {
  try {
    config.loadFromFile(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot read the kubeconfig ${file}: ${why}`, { cause });
  }
}

function loadAll(config: KubeConfig, paths: string): void {
  const [first, ...others] = paths.split(process.platform === "win32" ? ";" : ":").filter((path) => path !== "");
  if (first === undefined) throw new Error("KUBECONFIG is set but names no file");
  load(config, first);
  for (const path of others) {
    const other = new KubeConfig();
    load(other, path);
    // As kubectl merges: the first file that says something wins.
    config.mergeConfig(other, true);
  }
}
