import http from "node:http";
import https from "node:https";
import { PrometheusDriver } from "prometheus-query";
import { matrixData, parsedMatrix, parsedVector, parseEnvelope, vectorData, withName } from "./answer.ts";
import { describeFailure, fail, type Outcome } from "./failure.ts";
import { createLimiter } from "./limiter.ts";
import type { PrometheusApi, QueryFailure } from "./port.ts";

export interface PrometheusClientOptions {
  /** `http://prometheus.monitoring:9090`, with the path prefix when there is one. A user in it counts as `basic`. */
  url: string;
  /** Asked before each query, so that a token from a file may change. */
  bearer?: () => string | Promise<string>;
  basic?: { username: string; password: string };
  /** CA bundle in PEM, for a server whose certificate no public authority signed. */
  ca?: string;
  /** From the call to the last byte, waiting for a place included. @default 5000 */
  deadlineMs?: number;
  /** Queries at a time. @default 4 */
  concurrency?: number;
  /** An answer that is larger is a failure. @default 33554432 (32 MiB) */
  maxResponseBytes?: number;
}

export interface PrometheusClient extends PrometheusApi {
  /** Closes the kept connections. */
  close(): void;
}

/** What a call needs of the driver, and what comes of its answer. */
interface Call<T> {
  send: (driver: PrometheusDriver) => Promise<{ result: unknown[] }>;
  /** Checks `data` of the answer and takes out what the driver trips over; undefined when it is not what was asked for. */
  check: (data: unknown) => { data: unknown; skipped: number } | undefined;
  read: (result: unknown[], warnings: string[]) => T;
  /** Asked at the server's own present. The driver always sends a time along, at least this machine's. */
  atServerTime?: boolean;
}

/** Asks the Prometheus at `url`. Never rejects; see `port.ts`. @throws TypeError when the options cannot be used. */
export function createPrometheusClient(options: PrometheusClientOptions): PrometheusClient {
  const { endpoint, basic } = readUrl(options);
  const deadlineMs = options.deadlineMs ?? 5000;
  const limited = createLimiter(options.concurrency ?? 4);
  const sockets = { keepAlive: true, maxSockets: options.concurrency ?? 4 };
  const httpAgent = new http.Agent(sockets);
  const httpsAgent = new https.Agent({ ...sockets, ...(options.ca !== undefined && { ca: options.ca }) });

  async function authorization(): Promise<{ header?: string; secrets: string[] }> {
    if (options.bearer) {
      const token = (await options.bearer()).trim();
      if (token === "") throw new Error("the token is empty");
      return { header: `Bearer ${token}`, secrets: [token] };
    }
    if (!basic) return { secrets: [] };
    const header = `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString("base64")}`;
    return { header, secrets: [header.slice(6), basic.password] };
  }

  async function call<T>(
    { send, check, read, atServerTime }: Call<T>,
    caller?: AbortSignal,
  ): Promise<T | QueryFailure> {
    const deadline = AbortSignal.timeout(deadlineMs);
    const signal = caller ? AbortSignal.any([deadline, caller]) : deadline;
    const warnings: string[] = [];
    const seen: Outcome = {};
    let found: Awaited<ReturnType<typeof authorization>>;
    try {
      found = await authorization();
    } catch (error) {
      return fail("http", `the credentials for ${endpoint} cannot be read: ${(error as Error).message}`);
    }
    try {
      // One driver a call: its hooks know neither the caller's signal nor which answer belongs to which call.
      const driver = new PrometheusDriver({
        endpoint,
        preferPost: true,
        timeout: deadlineMs,
        ...(found.header !== undefined && { headers: { Authorization: found.header } }),
        requestInterceptor: {
          onFulfilled: (request) => {
            if (atServerTime === true) (request.data as URLSearchParams).delete("time");
            return Object.assign(request, {
              signal,
              httpAgent,
              httpsAgent,
              maxRedirects: 0,
              maxContentLength: options.maxResponseBytes ?? 32 * 2 ** 20,
            });
          },
        },
        responseInterceptor: {
          onFulfilled: (response) => {
            const parsed = parseEnvelope(response.data);
            Object.assign(seen, { status: response.status, body: response.data, envelope: parsed });
            const checked = parsed?.status === "success" ? check(parsed.data) : undefined;
            if (checked === undefined) throw new TypeError("not an answer to the question");
            warnings.push(...(parsed?.warnings ?? []));
            if (checked.skipped > 0) warnings.push(`${checked.skipped} native histograms were left out`);
            return { ...response, data: { status: "success", data: checked.data } };
          },
          onRejected: (error: unknown) => {
            const response = (
              error as { response?: { status: number; data: unknown; headers?: Record<string, unknown> } }
            ).response;
            if (response) {
              const location = response.headers?.["location"];
              Object.assign(seen, {
                status: response.status,
                body: response.data,
                envelope: parseEnvelope(response.data),
                location: typeof location === "string" ? location : undefined,
              });
            } else seen.error = error;
            throw error;
          },
        },
      });
      const { result } = await limited(() => send(driver), signal);
      return read(result, warnings);
    } catch (error) {
      if (caller?.aborted) return fail("timeout", `the query to ${endpoint} was given up`);
      if (deadline.aborted) return fail("timeout", `${endpoint} does not answer within ${deadlineMs} ms`);
      seen.error ??= error;
      const failure = describeFailure(endpoint, seen);
      return { ...failure, message: redact(failure.message, found.secrets) };
    }
  }

  return {
    now: (signal) =>
      call(
        {
          // As a vector, since that is what `checkVector` knows.
          send: (driver) => driver.instantQuery("vector(time())"),
          atServerTime: true,
          check: (data) => {
            const checked = checkVector(data);
            return checked?.data.result.length === 1 ? checked : undefined;
          },
          read: (result) => ({
            kind: "time" as const,
            timeMs: 1000 * (parsedVector.parse(result)[0]?.value.value ?? Number.NaN),
          }),
        },
        signal,
      ),
    query: (promql, atMs, signal) =>
      call(
        {
          // A Date, because the driver takes the number 0 for "now".
          send: async (driver) => driver.instantQuery(promql, new Date(atMs)),
          check: checkVector,
          read: (result, warnings) => ({
            kind: "samples" as const,
            samples: parsedVector.parse(result).map(({ metric, value }) => ({
              labels: withName(metric),
              timeMs: value.time.getTime(),
              value: value.value,
            })),
            warnings,
          }),
        },
        signal,
      ),
    queryRange: (promql, fromMs, toMs, stepMs, signal) =>
      call(
        {
          send: async (driver) => driver.rangeQuery(promql, new Date(fromMs), new Date(toMs), stepMs / 1000),
          check: checkMatrix,
          read: (result, warnings) => ({
            kind: "series" as const,
            series: parsedMatrix.parse(result).map(({ metric, values }) => ({
              labels: withName(metric),
              points: values.map(({ time, value }) => ({ timeMs: time.getTime(), value })),
            })),
            warnings,
          }),
        },
        signal,
      ),
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

function checkVector(data: unknown) {
  const { data: vector } = vectorData.safeParse(data);
  if (!vector) return undefined;
  const result = vector.result.filter((sample) => sample.value !== undefined);
  return { data: { ...vector, result }, skipped: vector.result.length - result.length };
}

function checkMatrix(data: unknown) {
  const { data: matrix } = matrixData.safeParse(data);
  if (!matrix) return undefined;
  const result = matrix.result.filter((series) => series.values !== undefined);
  return { data: { ...matrix, result }, skipped: matrix.result.length - result.length };
}

function readUrl({ url, basic }: PrometheusClientOptions): {
  endpoint: string;
  basic: PrometheusClientOptions["basic"];
} {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:") {
    throw new TypeError(
      "Expected `url` of a Prometheus to be an http or https address, such as http://prometheus.monitoring:9090",
    );
  }
  const inUrl =
    parsed.username === ""
      ? undefined
      : { username: decodeURIComponent(parsed.username), password: decodeURIComponent(parsed.password) };
  return { endpoint: `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, ""), basic: basic ?? inUrl };
}

/** Takes every secret out of a text that may quote what the server or a library said. */
function redact(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret !== "").reduce((clean, secret) => clean.replaceAll(secret, "***"), text);
}
