import type { KubeConfig } from "@kubernetes/client-node";
import type { RequestOptions } from "node:https";
import type { Clock } from "../clock.ts";
import { ApiError } from "./errors.ts";

/** How to reach the server and who we are there, at this moment. */
export interface Credentials {
  headers: Record<string, string>;
  tls: TlsMaterial;
}

export interface TlsMaterial {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  servername?: string;
  rejectUnauthorized?: boolean;
}

export interface CredentialSource {
  /** "https://host:port" and the path under which the API lives there ("" at most servers). */
  readonly origin: string;
  readonly basePath: string;
  readonly proxyUrl?: string;
  /** @throws ApiError "Credentials" when a file, an exec plugin or a token refresh fails */
  current(): Promise<Credentials>;
  /** The server said 401: what we hold is not to be used again without looking afresh. */
  forget(): void;
}

/** Token and certificate files are read synchronously by client-node: at most once in this time, not for each request. */
const maxAgeMs = 1_000;

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Reads credentials of the current context through client-node's KubeConfig: tokens and their refresh, token files, client
 * certificates, exec plugins, OIDC, basic auth, impersonation. They are asked for again and again, so that rotated files count.
 * @throws Error when there is no cluster, or the server is plain http anywhere but on this machine
 */
export function createCredentialSource(kubeConfig: KubeConfig, clock: Clock): CredentialSource {
  const cluster = kubeConfig.getCurrentCluster();
  if (!cluster) throw new Error("the kubeconfig has no current cluster: choose a context");
  const server = new URL(cluster.server);
  if (server.protocol !== "https:" && !(server.protocol === "http:" && loopback.test(server.hostname))) {
    throw new Error(`refusing ${cluster.server}: only https, and http on the loopback interface for tests`);
  }
  if (cluster.proxyUrl !== undefined && !/^https?:/.test(cluster.proxyUrl)) {
    throw new Error(`the proxy ${cluster.proxyUrl} is not supported: only http and https proxies are`);
  }
  // client-node wants this flag before it touches plain http; the check above is narrower.
  const config: KubeConfig =
    server.protocol === "http:"
      ? (Object.create(kubeConfig, {
          getCurrentCluster: { value: () => ({ ...cluster, skipTLSVerify: true }) },
        }) as KubeConfig)
      : kubeConfig;
  let last: { atMs: number; credentials: Promise<Credentials> } | undefined;
  return {
    origin: server.origin,
    basePath: server.pathname.replace(/\/+$/, ""),
    ...(cluster.proxyUrl === undefined ? {} : { proxyUrl: cluster.proxyUrl }),
    current() {
      const nowMs = clock.monotonic();
      if (last && nowMs - last.atMs < maxAgeMs) return last.credentials;
      const credentials = read(config);
      const entry = { atMs: nowMs, credentials };
      last = entry;
      credentials.catch(() => {
        if (last === entry) last = undefined;
      });
      return credentials;
    },
    forget() {
      last = undefined;
    },
  };
}

async function read(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ApiError(0, "Credentials", `no credentials for the API server: ${why}`, { cause });
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token file often ends in a newline, which no header may carry.
    if (value !== undefined) headers[name.toLowerCase()] = String(value).trim();
  }
  if (typeof options.auth === "string") headers.authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  const tls: TlsMaterial = {};
  if (options.ca) tls.ca = options.ca as string | Buffer;
  if (options.cert) tls.cert = options.cert as string | Buffer;
  if (options.key) tls.key = options.key as string | Buffer;
  if (options.servername !== undefined) tls.servername = options.servername;
  if (options.rejectUnauthorized !== undefined) tls.rejectUnauthorized = options.rejectUnauthorized;
  return { headers, tls };
}
