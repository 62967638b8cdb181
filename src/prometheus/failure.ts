import type { Envelope } from "./answer.ts";
import type { QueryFailure } from "./port.ts";

/** What is known of a call that brought no samples. */
export interface Outcome {
  /** The answer, when there was one. */
  status?: number;
  body?: unknown;
  location?: string | undefined;
  envelope?: Envelope | undefined;
  /** What was thrown otherwise. */
  error?: unknown;
}

/** Names the failure of a call to `endpoint` (without credentials) in words that an operator can act on. */
export function describeFailure(endpoint: string, outcome: Outcome): QueryFailure {
  const { status, envelope } = outcome;
  if (status === undefined) return unanswered(endpoint, outcome.error);
  if (envelope?.status === "error") return refused(endpoint, status, envelope);
  if (envelope?.status === "success") {
    return fail("badQuery", `${endpoint} answers with another kind of result than was asked for`);
  }
  if (status >= 300 && status < 400) {
    const where = originOf(outcome.location);
    return fail(
      "notPrometheus",
      `${endpoint} redirects (HTTP ${status})${where}: is a login in front of Prometheus, or is the address another?`,
    );
  }
  if (status === 401 || status === 403) {
    return fail("http", `${endpoint} refuses access (HTTP ${status}): check the credentials of this server`);
  }
  if (status === 404)
    return fail(
      "notPrometheus",
      `${endpoint} has no Prometheus API (HTTP 404): is a path prefix missing in the address?`,
    );
  if (status >= 400) return fail("http", `${endpoint} answers HTTP ${status}${excerpt(outcome.body)}`);
  return fail(
    "notPrometheus",
    `${endpoint} does not answer like a Prometheus (HTTP ${status})${excerpt(outcome.body)}`,
  );
}

function refused(endpoint: string, status: number, { errorType, error }: Envelope): QueryFailure {
  const said = cut(error ?? errorType ?? `HTTP ${status}`);
  // https://prometheus.io/docs/prometheus/latest/querying/api/: 400 bad_data, 422 execution, 503 timeout or canceled.
  if (errorType === "timeout") return fail("timeout", `${endpoint} gave up on the query: ${said}`);
  if (errorType === "bad_data" || errorType === "execution")
    return fail("badQuery", `${endpoint} refuses the query: ${said}`);
  if (status === 401 || status === 403) return fail("http", `${endpoint} refuses access (HTTP ${status}): ${said}`);
  return fail("http", `${endpoint} answers HTTP ${status}: ${said}`);
}

function unanswered(endpoint: string, error: unknown): QueryFailure {
  const { code, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  // Of several addresses that all refused, Node's error has a code and an empty message.
  const said = cut(message || code || "no reason given");
  if (code === "ECONNABORTED" || code === "ETIMEDOUT")
    return fail("timeout", `${endpoint} does not answer in time: ${said}`);
  if (said.includes("maxContentLength")) return fail("http", `${endpoint} answers with more than is read: ${said}`);
  return fail("unreachable", `${endpoint} cannot be reached: ${said}`);
}

/** A failure of `reason`. */
export function fail(reason: QueryFailure["reason"], message: string): QueryFailure {
  return { kind: "error", reason, message };
}

function originOf(location: string | undefined): string {
  if (location === undefined) return "";
  // The path and query of a login's address may carry tokens.
  return URL.canParse(location) ? ` to ${new URL(location).host}` : " to another path";
}

function excerpt(body: unknown): string {
  if (typeof body !== "string" || body.trim() === "") return "";
  const title = /<title>([^<]*)<\/title>/i.exec(body)?.[1];
  if (title !== undefined) return `: a web page titled "${cut(title)}"`;
  return /^\s*</.test(body) ? ": a web page" : `: ${cut(body)}`;
}

function cut(text: string): string {
  const flat = text.replaceAll(/\s+/g, " ").trim();
  return flat.length > 200 ? `${flat.slice(0, 200)}...` : flat;
}
