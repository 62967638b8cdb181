import { Agent, ProxyAgent, type Dispatcher } from "undici";
import type { Clock } from "../clock.ts";
import { orAborted } from "./abort.ts";
import type { CredentialSource, TlsMaterial } from "./credentials.ts";
import { ApiError } from "./errors.ts";

export interface HttpRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query below the server's base path. */
  path: string;
  contentType?: string;
  body?: string;
  signal?: AbortSignal | undefined;
  /** A watch: its own pool, and the timeout ends with the headers. */
  streaming?: boolean;
}

/** `release` must be called once the body is read or given up; it ends the timeout and the subscription to the caller's signal. */
export interface HttpResponse {
  code: number;
  headers: Dispatcher.ResponseData["headers"];
  body: Dispatcher.ResponseData["body"];
  /** Whatever was thrown while reading the body, as the ApiError to throw on. */
  translate(error: unknown): ApiError;
  release(): void;
}

export interface Transport {
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

interface Pools {
  tls: TlsMaterial;
  calls: Dispatcher;
  watches: Dispatcher;
}

/**
 * Pooled HTTP/1.1 with a deadline on each call. Watches have connections of their own: on HTTP/2 one connection would carry both,
 * and has let writes hang behind an open watch (undici issue 5524).
 */
export function createTransport(options: {
  source: CredentialSource;
  clock: Clock;
  callTimeoutMs: number;
  userAgent: string;
}): Transport {
  const { source, clock, callTimeoutMs, userAgent } = options;
  let pools: Pools | undefined;

  function poolsFor(tls: TlsMaterial): Pools {
    if (pools && sameTls(pools.tls, tls)) return pools;
    const old = pools;
    // Rotated certificate or CA: what runs may end on the old connections, so they are closed, not destroyed.
    if (old) void Promise.allSettled([old.calls.close(), old.watches.close()]);
    pools = { tls, calls: createPool(source, tls, 32), watches: createPool(source, tls, null) };
    return pools;
  }

  async function send(request: HttpRequest): Promise<HttpResponse> {
    const abort = new AbortController();
    let why: "Timeout" | "Aborted" | undefined;
    const stop = (reason: "Timeout" | "Aborted") => {
      why ??= reason;
      abort.abort();
    };
    const onAbort = () => stop("Aborted");
    if (request.signal?.aborted) stop("Aborted");
    request.signal?.addEventListener("abort", onAbort, { once: true });
    const cancelTimeout = clock.after(callTimeoutMs, () => stop("Timeout"));
    const release = () => {
      cancelTimeout();
      request.signal?.removeEventListener("abort", onAbort);
    };
    const translate = (cause: unknown): ApiError => {
      if (why === "Timeout") return new ApiError(0, "Timeout", `no answer within ${callTimeoutMs} ms`, { cause });
      if (why === "Aborted") return new ApiError(0, "Aborted", "the caller gave up", { cause });
      if (cause instanceof ApiError) return cause;
      return new ApiError(0, "Network", cause instanceof Error ? describe(cause) : String(cause), { cause });
    };
    try {
      const credentials = await orAborted(source.current(), abort.signal);
      const headers: Record<string, string> = {
        ...credentials.headers,
        accept: "application/json",
        "user-agent": userAgent,
      };
      if (request.contentType !== undefined) headers["content-type"] = request.contentType;
      const { calls, watches } = poolsFor(credentials.tls);
      const response = await (request.streaming ? watches : calls).request({
        origin: source.origin,
        path: source.basePath + request.path,
        method: request.method,
        headers,
        body: request.body ?? null,
        signal: abort.signal,
      });
      if (request.streaming) cancelTimeout();
      return { code: response.statusCode, headers: response.headers, body: response.body, translate, release };
    } catch (error) {
      release();
      throw translate(error);
    }
  }

  return {
    send,
    async close() {
      await Promise.all([pools?.calls.destroy(), pools?.watches.destroy()]);
      pools = undefined;
    },
  };
}

function createPool(source: CredentialSource, tls: TlsMaterial, connections: number | null): Dispatcher {
  // Our own deadlines hold, on our own clock; a watch may be silent for as long as its reader allows.
  const shared = { allowH2: false, connections, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 10_000 };
  const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000 };
  if (source.proxyUrl !== undefined) return new ProxyAgent({ ...shared, uri: source.proxyUrl, requestTls: { ...tls } });
  return new Agent({ ...shared, connect });
}

/** undici's outermost message is often only "other side closed"; the causes below it name host and reason. */
function describe(error: Error): string {
  const parts = [error.message];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) parts.push(cause.message);
  return parts.filter((part) => part !== "").join(": ") || error.name;
}

function sameTls(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    same(a.ca, b.ca) &&
    same(a.cert, b.cert) &&
    same(a.key, b.key) &&
    a.servername === b.servername &&
    a.rejectUnauthorized === b.rejectUnauthorized
  );
}

function same(a: string | Buffer | undefined, b: string | Buffer | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Buffer.from(a).equals(Buffer.from(b));
}
