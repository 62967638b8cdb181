import { z } from "zod";
import type { Violation } from "../../api/rule.ts";
import { also, atMostOne, count, destination, duration, flagOrNull, percent, problem, uint32 } from "./fields.ts";
import { corsPolicy, fault, redirect, rewrite } from "./http-actions.ts";
import { headers } from "./http-headers.ts";
import { httpMatch } from "./http-match.ts";

/** One http route of a VirtualService, but for what depends on the whole of it. */

/** What Envoy takes for x-envoy-retry-on and x-envoy-retry-grpc-on, besides a status. */
const RETRY_ON = [
  "5xx",
  "gateway-error",
  "reset",
  "reset-before-request",
  "connect-failure",
  "retriable-4xx",
  "refused-stream",
  "retriable-status-codes",
  "retriable-headers",
  "envoy-ratelimited",
  "http3-post-connect-failure",
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
];
const status = uint32.min(200).max(600);

const retries = also(
  z.strictObject({
    attempts: count.optional(),
    perTryTimeout: duration.optional(),
    retryOn: also(z.string(), retryOnProblems).optional(),
    retryRemoteLocalities: flagOrNull.optional(),
    retryIgnorePreviousHosts: flagOrNull.optional(),
    backoff: duration.optional(),
  }),
  ({ attempts = 0, perTryTimeout, retryOn = "", retryRemoteLocalities }) =>
    attempts === 0 && (perTryTimeout !== undefined || retryOn !== "" || typeof retryRemoteLocalities === "boolean")
      ? [problem(["attempts"], "0 attempts switch retries off: leave out the other fields, or set attempts")]
      : [],
);

/** Words without spaces between them, or the number of a status. */
function retryOnProblems(text: string): Violation[] {
  if (text === "") return [];
  const unknown = text.split(",").filter((word) => !RETRY_ON.includes(word) && !/^[1-5]\d\d$/.test(word));
  return unknown.map((word) =>
    problem(
      [],
      `${JSON.stringify(word)} is nothing to retry on (known: ${RETRY_ON.join(", ")}, and the number of a status)`,
    ),
  );
}

/** Weights are shares of their sum; one destination alone gets everything. */
export function weightsProblems(route: readonly { weight?: number | undefined }[] = []): Violation[] {
  if (route.length < 2 || route.some(({ weight = 0 }) => weight > 0)) return [];
  return [problem(["route"], "the weights add up to 0: nobody would get a request")];
}

export const httpRoute = z.strictObject({
  name: z.string().optional(),
  match: z.array(httpMatch).optional(),
  route: z.array(z.strictObject({ destination, weight: count.optional(), headers: headers.optional() })).optional(),
  redirect: redirect.optional(),
  directResponse: z
    .strictObject({
      status,
      body: atMostOne(z.strictObject({ string: z.string().optional(), bytes: z.string().optional() }), [
        "string",
        "bytes",
      ]).optional(),
    })
    .optional(),
  delegate: z.strictObject({ name: z.string().optional(), namespace: z.string().optional() }).optional(),
  rewrite: rewrite.optional(),
  timeout: duration.optional(),
  retries: retries.optional(),
  fault: fault.optional(),
  mirror: destination.optional(),
  mirrors: z.array(z.strictObject({ destination, percentage: percent.optional() })).optional(),
  mirrorPercent: uint32.max(100).nullable().optional(),
  mirror_percent: uint32.max(100).nullable().optional(),
  mirrorPercentage: percent.optional(),
  corsPolicy: corsPolicy.optional(),
  headers: headers.optional(),
});

export type HttpRouteFields = z.output<typeof httpRoute>;
