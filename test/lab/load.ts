import { Pool } from "undici";
import { RequestLog } from "./request-log.ts";

export interface LoadOptions {
  /** Where to connect to, as lab.gateway.url. */
  readonly url: string;
  /** The Host header. */
  readonly host: string;
  /** @default "/" */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ratePerSecond: number;
  /** @default 10000 */
  readonly timeoutMs?: number;
  /** Ends it as stop() does. */
  readonly signal?: AbortSignal;
}

/** A running stream of requests. */
export interface Load extends AsyncDisposable {
  readonly log: RequestLog;
  /** Requests that have not ended yet. */
  readonly inFlight: number;
  /** Sends no more and waits for the answers under way. */
  stop(): Promise<RequestLog>;
}

/**
 * Sends requests on schedule whatever becomes of them: a service that slows down gets as many as before, as from real users, so
 * waiting callers cannot hide an outage (no coordinated omission).
 *
 * @example await using load = startLoad({ url: lab.gateway.url, host: shop.host, ratePerSecond: 100 });
 */
export function startLoad(options: LoadOptions): Load {
  const { ratePerSecond, timeoutMs = 10_000 } = options;
  const log = new RequestLog();
  const pool = new Pool(options.url, { connections: 256, allowH2: false, pipelining: 1, keepAliveTimeout: 60_000 });
  const pending = new Set<Promise<void>>();
  const startedAtMs = performance.now();
  let sent = 0;
  const timer = setInterval(sendDue, Math.max(1, Math.min(10, 500 / ratePerSecond)));
  options.signal?.addEventListener("abort", () => void stop(), { once: true });

  function sendDue(): void {
    const due = Math.floor(((performance.now() - startedAtMs) / 1_000) * ratePerSecond);
    for (; sent < due; sent++) {
      const one = send().finally(() => pending.delete(one));
      pending.add(one);
    }
  }

  async function send(): Promise<void> {
    const sentAtMs = nowMs();
    try {
      const { statusCode, headers, body } = await pool.request({
        method: "GET",
        path: options.path ?? "/",
        headers: { ...options.headers, host: options.host },
        signal: AbortSignal.timeout(timeoutMs),
      });
      await body.dump();
      const [version, pod] = [String(headers["x-version"] ?? ""), String(headers["x-pod"] ?? "")];
      log.add({ sentAtMs, doneAtMs: nowMs(), status: statusCode, version, pod });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log.add({ sentAtMs, doneAtMs: nowMs(), status: 0, version: "", pod: "", error: message });
    }
  }

  async function stop(): Promise<RequestLog> {
    clearInterval(timer);
    await Promise.all(pending);
    await pool.close();
    return log;
  }

  let stopping: Promise<RequestLog> | undefined;
  const stopOnce = () => (stopping ??= stop());
  return {
    log,
    get inFlight() {
      return pending.size;
    },
    stop: stopOnce,
    async [Symbol.asyncDispose]() {
      await stopOnce();
    },
  };
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
