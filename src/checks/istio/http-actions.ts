import { z } from "zod";
import { also, atMostOne, duration, flagOrNull, int32, problem, share, textThat, texts, uint32 } from "./fields.ts";
import { headerName } from "./http-headers.ts";

/** What an http route does with a request besides sending it on. */

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"];
const GRPC_STATUS =
  /^(OK|CANCELLED|UNKNOWN|INVALID_ARGUMENT|DEADLINE_EXCEEDED|NOT_FOUND|ALREADY_EXISTS|PERMISSION_DENIED|RESOURCE_EXHAUSTED|FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS|UNAUTHENTICATED)$/;

export const redirect = also(
  atMostOne(
    z.strictObject({
      uri: z.string().optional(),
      prefixRewrite: z.string().optional(),
      authority: z.string().optional(),
      scheme: textThat((text) => ["", "http", "https"].includes(text), '"http" or "https"').optional(),
      port: uint32.max(65535).optional(),
      derivePort: z.enum(["FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"]).optional(),
      redirectCode: z
        .int()
        .refine((code) => code === 0 || (code >= 300 && code <= 399), { error: "expected a status from 300 to 399" })
        .optional(),
    }),
    ["port", "derivePort"],
  ),
  ({ uri = "", prefixRewrite = "", authority = "", scheme = "", port, derivePort }) => [
    ...(uri !== "" && prefixRewrite !== ""
      ? [problem(["prefixRewrite"], "expected one of uri and prefixRewrite")]
      : []),
    ...(uri + prefixRewrite + authority + scheme === "" && port === undefined && derivePort === undefined
      ? [problem([], "expected where to: uri, prefixRewrite, authority, scheme or port")]
      : []),
  ],
);

export const rewrite = also(
  z.strictObject({
    uri: z.string().optional(),
    authority: z.string().optional(),
    uriRegexRewrite: z
      .strictObject({ match: z.string().min(1).max(1024).optional(), rewrite: z.string().optional() })
      .optional(),
  }),
  ({ uri = "", authority = "", uriRegexRewrite }) => [
    ...(uri !== "" && uriRegexRewrite !== undefined
      ? [problem(["uriRegexRewrite"], "expected one of uri and uriRegexRewrite")]
      : []),
    ...(uri + authority === "" && uriRegexRewrite === undefined
      ? [problem([], "expected uri, uriRegexRewrite or authority")]
      : []),
  ],
);

export const fault = also(
  z.strictObject({
    delay: also(
      z.strictObject({
        fixedDelay: duration.optional(),
        exponentialDelay: z.string().optional(),
        percentage: share.optional(),
        percent: int32.optional(),
      }),
      ({ exponentialDelay }) =>
        exponentialDelay === undefined
          ? []
          : [problem(["exponentialDelay"], "Istio has no such delay: use fixedDelay")],
    ).optional(),
    abort: also(
      atMostOne(
        z.strictObject({
          httpStatus: z.int().min(200).max(600).optional(),
          grpcStatus: textThat((text) => GRPC_STATUS.test(text), "a status of gRPC, such as UNAVAILABLE").optional(),
          http2Error: z.string().optional(),
          percentage: share.optional(),
        }),
        ["httpStatus", "grpcStatus", "http2Error"],
      ),
      ({ http2Error }) =>
        http2Error === undefined ? [] : [problem(["http2Error"], "Istio has no such fault: use httpStatus")],
    ).optional(),
  }),
  ({ delay, abort }) =>
    delay === undefined && abort === undefined ? [problem([], "expected delay, abort or both")] : [],
);

export const corsPolicy = z.strictObject({
  allowOrigin: texts.optional(),
  allowOrigins: z
    .array(
      also(
        atMostOne(
          z.strictObject({
            exact: z.string().min(1).optional(),
            prefix: z.string().min(1).optional(),
            regex: z.string().min(1).max(1024).optional(),
          }),
          ["exact", "prefix", "regex"],
        ),
        (value) => (Object.keys(value).length === 0 ? [problem([], "expected one of exact, prefix, regex")] : []),
      ),
    )
    .optional(),
  allowMethods: z.array(textThat((text) => METHODS.includes(text), `one of ${METHODS.join(", ")}`)).optional(),
  allowHeaders: z.array(headerName).optional(),
  exposeHeaders: z.array(headerName).optional(),
  maxAge: textThat(
    (text) => /^(\d+h)?(\d+m)?(\d+s)?$/.test(text) && /[1-9]/.test(text),
    "whole seconds, such as 24h",
  ).optional(),
  allowCredentials: flagOrNull.optional(),
  unmatchedPreflights: z.enum(["UNSPECIFIED", "FORWARD", "IGNORE"]).optional(),
});
