import { ApiError } from "../kube/errors.ts";

/** What a real API server says no with, word for word where clients are known to read the words. */

export function notFound(resource: string, name: string): ApiError {
  return new ApiError(404, "NotFound", `${resource} "${name}" not found`);
}

export function notServed(): ApiError {
  return new ApiError(404, "NotFound", "the server could not find the requested resource");
}

export function alreadyExists(resource: string, name: string): ApiError {
  return new ApiError(409, "AlreadyExists", `${resource} "${name}" already exists`);
}

export function modified(resource: string, name: string): ApiError {
  const what = `Operation cannot be fulfilled on ${resource} "${name}"`;
  const why = "the object has been modified; please apply your changes to the latest version and try again";
  return new ApiError(409, "Conflict", `${what}: ${why}`);
}

export function preconditionFailed(resource: string, name: string, what: string): ApiError {
  return new ApiError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${resource} "${name}": Precondition failed: ${what}`,
  );
}

/** @param kind as "Rollout.sluice.dev" */
export function invalid(kind: string, name: string, causes: readonly string[]): ApiError {
  const said = causes.length === 1 ? causes[0] : `[${causes.join(", ")}]`;
  return new ApiError(422, "Invalid", `${kind} "${name}" is invalid: ${said}`);
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}

export function forbidden(resource: string, name: string, why: string): ApiError {
  return new ApiError(403, "Forbidden", `${resource} "${name}" is forbidden: ${why}`);
}

export function expired(message: string): ApiError {
  return new ApiError(410, "Expired", message);
}
