/** What the API server (or the way to it) said no with. */
export class ApiError extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly code: number;
  /** Status.reason, as "NotFound", "AlreadyExists", "Conflict", "Invalid", "Forbidden", "Expired"; "Network" or "Timeout" without an answer. */
  readonly reason: string;
  /** From the Retry-After header or Status.details.retryAfterSeconds. */
  readonly retryAfterMs?: number;
  constructor(code: number, reason: string, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ApiError";
    this.code = code;
    this.reason = reason;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}

export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 404;
}

/** Somebody else wrote first: read again and decide again. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 409 && error.reason !== "AlreadyExists";
}

export function isAlreadyExists(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 409 && error.reason === "AlreadyExists";
}
