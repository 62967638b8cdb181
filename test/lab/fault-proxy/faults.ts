import type { ApiCall, Verb } from "./api-call.ts";

export type Fault =
  /** Answered by the proxy, as the API server would; the request never gets there. */
  | { readonly kind: "answer"; readonly code: number; readonly message?: string; readonly retryAfterSeconds?: number }
  /** Sent on after this long. A watch is opened late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The connection breaks, and nothing was done. */
  | { readonly kind: "resetBefore" }
  /** The connection breaks once the request was carried out: the caller cannot know. */
  | { readonly kind: "resetAfter" }
  /** No byte ever comes; a watch that is open already says nothing more. */
  | { readonly kind: "hang" }
  /** Watches only: open, and nothing comes, not even a bookmark. */
  | { readonly kind: "silent" }
  /** Watches only: ends with the event for 410, as when the server has forgotten the version. */
  | { readonly kind: "expired" }
  /** Watches only: the connection breaks in the middle of the next event. */
  | { readonly kind: "cut" };

/** Which requests meet a fault. What is left out does not matter. */
export interface Rule {
  readonly fault: Fault;
  /** Of the requests that match, the share that meets it; a watch is drawn once. @default 1 */
  readonly fraction?: number;
  readonly verbs?: readonly Verb[];
  /** As in `ApiCall`: "deployments" is not "deployments/scale". */
  readonly resources?: readonly string[];
  readonly namespaces?: readonly string[];
}

/** @throws TypeError when the fraction is none, or the fault is a watch's and the rule names other verbs */
export function checkRule({ fault, fraction = 1, verbs }: Rule): void {
  if (!(fraction >= 0 && fraction <= 1)) throw new TypeError(`fraction: ${fraction}: expected a number from 0 to 1`);
  if (isOfWatches(fault) && verbs?.some((verb) => verb !== "watch"))
    throw new TypeError(`verbs: ${verbs.join(", ")}: the fault ${fault.kind} is for watches only`);
}

export function isOfWatches({ kind }: Fault): boolean {
  return kind === "silent" || kind === "expired" || kind === "cut";
}

/** Whether the rule is about such a request; `fraction` is the caller's to draw. */
export function concerns({ fault, verbs, resources, namespaces }: Rule, call: ApiCall): boolean {
  if (isOfWatches(fault) && call.verb !== "watch") return false;
  return (
    (verbs === undefined || verbs.includes(call.verb)) &&
    (resources === undefined || resources.includes(call.resource)) &&
    (namespaces === undefined || (call.namespace !== undefined && namespaces.includes(call.namespace)))
  );
}

const reasons: Readonly<Record<number, string>> = {
  403: "Forbidden",
  409: "Conflict",
  410: "Expired",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
};

/** The Status object of a refusal. */
export function statusOf(code: number, message = `the fault proxy says ${code}`): Record<string, unknown> {
  const reason = reasons[code] ?? "Unknown";
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
}
