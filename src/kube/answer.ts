import { ApiError } from "./errors.ts";

/** What the API server calls its own refusals, for proxies on the way that answer with a bare code. */
const reasons: Record<number, string> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  409: "Conflict",
  410: "Expired",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

function header(headers: Headers, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Retry-After in milliseconds: seconds, or an HTTP date against `nowMs`. */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1_000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/** The start of something that may be long, on one line. */
function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 120)}…` : line;
}

/**
 * The JSON of a good answer, else an ApiError to throw. An answer that no API server gives, such as a login page or a proxy's own
 * 404, counts as none (code 0, reason "InvalidAnswer"): nobody may conclude from it that an object is gone.
 */
export function parseAnswer(
  code: number,
  headers: Headers,
  body: string,
  nowMs: number,
): Record<string, unknown> | ApiError {
  const type = header(headers, "content-type");
  const parsed = type.includes("json") ? parseJson(body) : undefined;
  if (isRecord(parsed)) {
    if (code >= 200 && code < 300) return parsed;
    return statusError(code, parsed, header(headers, "retry-after"), nowMs);
  }
  const said = `HTTP ${code}, ${type === "" ? "no content type" : type}: ${excerpt(body)}`;
  // The API server itself answers for a path that it does not serve with this plain text.
  if (code === 404 && body.startsWith("404 page not found"))
    return new ApiError(404, "NotFound", "the server does not serve this path");
  if (code < 400 || code === 404 || code === 409 || code === 410) {
    return new ApiError(0, "InvalidAnswer", `not the answer of a Kubernetes API server (${said})`);
  }
  return statusError(code, { message: said }, header(headers, "retry-after"), nowMs);
}

/** From a Status object, which also comes as the object of an ERROR event on a watch. */
export function statusError(
  httpCode: number,
  status: Record<string, unknown>,
  retryAfterHeader: string,
  nowMs: number,
): ApiError {
  const code = typeof status.code === "number" ? status.code : httpCode;
  const reason =
    typeof status.reason === "string" && status.reason !== "" ? status.reason : (reasons[code] ?? "Unknown");
  const message = typeof status.message === "string" && status.message !== "" ? status.message : `HTTP ${code}`;
  const details = isRecord(status.details) ? status.details.retryAfterSeconds : undefined;
  const fromDetails = typeof details === "number" && details > 0 ? details * 1_000 : undefined;
  const retryAfterMs = parseRetryAfter(retryAfterHeader, nowMs) ?? fromDetails;
  return new ApiError(code, reason, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
