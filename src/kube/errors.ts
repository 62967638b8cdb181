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
  return error instanceof ApiError && error.code === 409 && error.reason !== "AlreadyExists" && !isDenied(error);
}

export function isAlreadyExists(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 409 && error.reason === "AlreadyExists";
}

/**
 * An admission webhook or policy said no, or could not be asked. Some do so with 409 or 422, which are no lost race: the same write
 * is refused again.
 */
export function isDenied(error: unknown): boolean {
  return error instanceof ApiError && /admission webhook|failed calling webhook|denied request/.test(error.message);
}

/** No answer, a lost race, a busy server or one in trouble: the same call may well succeed in a moment. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.reason === "NotLeader" || isDenied(error)) return false;
  if (error.code === 409) return error.reason !== "AlreadyExists";
  return error.code === 0 || error.code === 429 || error.code >= 500;
}
