import { z } from "zod";
import type { Violation } from "../../api/rule.ts";
import {
  also,
  anyDuration,
  count,
  duration,
  durationOrZero,
  flag,
  flagOrNull,
  int32,
  portNumber,
  problem,
  texts,
  textThat,
  uint32,
  uint32OrNull,
  wholePercent,
} from "./fields.ts";
import { loadBalancer } from "./load-balancer.ts";
import { isAddress, isFullName } from "./names.ts";

/** What callers of a host go by: of the whole host, of a subset, or of one port. */

const connectionPool = also(
  z.strictObject({
    http: also(
      z.strictObject({
        http1MaxPendingRequests: count.optional(),
        http2MaxRequests: count.optional(),
        maxRequestsPerConnection: count.optional(),
        maxRetries: count.optional(),
        maxConcurrentStreams: count.optional(),
        idleTimeout: duration.optional(),
        h2UpgradePolicy: z.enum(["DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"]).optional(),
        useClientProtocol: flag.optional(),
        http2KeepAlive: z.strictObject({ interval: duration, timeout: duration }).optional(),
      }),
      ({ h2UpgradePolicy, useClientProtocol }) =>
        h2UpgradePolicy === "UPGRADE" && useClientProtocol === true
          ? [problem(["useClientProtocol"], "UPGRADE speaks HTTP/2 whatever the client does: leave one of them out")]
          : [],
    ).optional(),
    tcp: z
      .strictObject({
        maxConnections: count.optional(),
        connectTimeout: duration.optional(),
        idleTimeout: durationOrZero.optional(),
        maxConnectionDuration: duration.optional(),
        tcpKeepalive: z
          .strictObject({ probes: uint32.optional(), time: duration.optional(), interval: duration.optional() })
          .optional(),
      })
      .optional(),
  }),
  ({ http, tcp }) => (http === undefined && tcp === undefined ? [problem([], "expected http, tcp or both")] : []),
);

const outlierDetection = also(
  z.strictObject({
    consecutive5xxErrors: uint32OrNull.optional(),
    consecutiveGatewayErrors: uint32OrNull.optional(),
    consecutiveLocalOriginFailures: uint32OrNull.optional(),
    consecutiveErrors: int32.optional(),
    splitExternalLocalOriginErrors: flag.optional(),
    interval: duration.optional(),
    baseEjectionTime: duration.optional(),
    maxEjectionPercent: wholePercent.optional(),
    minHealthPercent: wholePercent.optional(),
    outlierDetectionHttpErrorCodes: z.array(z.int().min(100).max(599)).optional(),
  }),
  ({ consecutiveLocalOriginFailures, splitExternalLocalOriginErrors }) =>
    (consecutiveLocalOriginFailures ?? 0) > 0 && splitExternalLocalOriginErrors !== true
      ? [problem(["consecutiveLocalOriginFailures"], "counts only with splitExternalLocalOriginErrors: true")]
      : [],
);

const tls = also(
  z.strictObject({
    mode: z.enum(["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"]).optional(),
    clientCertificate: z.string().optional(),
    privateKey: z.string().optional(),
    caCertificates: z.string().optional(),
    caCrl: z.string().optional(),
    credentialName: z.string().optional(),
    subjectAltNames: texts.optional(),
    sni: z.string().optional(),
    insecureSkipVerify: flagOrNull.optional(),
  }),
  tlsProblems,
);

function tlsProblems(given: {
  mode?: string | undefined;
  clientCertificate?: string | undefined;
  privateKey?: string | undefined;
  caCertificates?: string | undefined;
  caCrl?: string | undefined;
  credentialName?: string | undefined;
  subjectAltNames?: readonly string[] | undefined;
  insecureSkipVerify?: boolean | null | undefined;
}): Violation[] {
  type Field = "clientCertificate" | "privateKey" | "caCertificates" | "caCrl" | "credentialName";
  const has = (field: Field) => (given[field] ?? "") !== "";
  const presentsItself = given.mode === "MUTUAL";
  const outside = presentsItself || given.mode === "SIMPLE";
  const skips = given.insecureSkipVerify === true && outside;
  const unused: readonly Field[] = presentsItself ? ["caCertificates"] : ["caCertificates", "credentialName"];
  return [
    ...(skips
      ? [
          ...unused
            .filter(has)
            .map((field) => problem([field], "insecureSkipVerify checks nothing: leave one of them out")),
          ...(given.subjectAltNames === undefined || given.subjectAltNames.length === 0
            ? []
            : [problem(["subjectAltNames"], "insecureSkipVerify checks nothing: leave one of them out")]),
        ]
      : []),
    ...(outside && has("credentialName")
      ? (["clientCertificate", "caCertificates", "privateKey", "caCrl"] as const)
          .filter(has)
          .map((field) => problem([field], "credentialName brings it: leave one of them out"))
      : presentsItself
        ? (["clientCertificate", "privateKey"] as const)
            .filter((field) => !has(field))
            .map((field) => problem([field], "missing: MUTUAL needs it, or credentialName"))
        : []),
  ];
}

const ofPort = {
  connectionPool: connectionPool.optional(),
  loadBalancer: loadBalancer.optional(),
  outlierDetection: outlierDetection.optional(),
  tls: tls.optional(),
};

const portPolicy = also(
  z.strictObject({ port: z.strictObject({ number: uint32.optional() }), ...ofPort }),
  ({ port: _port, ...policies }) =>
    isBare(policies) ? [problem([], `it is empty: expected one of ${Object.keys(ofPort).join(", ")}`)] : [],
);

const tunnel = z.strictObject({
  protocol: textThat((text) => ["", "CONNECT", "POST"].includes(text), '"CONNECT" or "POST"').optional(),
  targetHost: textThat((text) => isFullName(text) || isAddress(text), "a host without a wildcard, or an address"),
  targetPort: portNumber,
});

const whole = {
  ...ofPort,
  portLevelSettings: z.array(portPolicy).max(4096).optional(),
  tunnel: tunnel.optional(),
  proxyProtocol: z.strictObject({ version: z.enum(["V1", "V2"]).optional() }).optional(),
  retryBudget: z
    .strictObject({
      percent: z.number().min(0).max(100).nullable().optional(),
      budgetInterval: anyDuration.optional(),
      minRetryConcurrency: uint32.optional(),
    })
    .optional(),
};

export const trafficPolicy = also(z.strictObject(whole), (value) => [
  ...(isBare(value) ? [problem([], `it is empty: expected one of ${Object.keys(whole).join(", ")}`)] : []),
  ...(value.tunnel !== undefined && value.proxyProtocol !== undefined
    ? [problem(["proxyProtocol"], "expected one of tunnel and proxyProtocol")]
    : []),
]);

function isBare(value: Readonly<Record<string, unknown>>): boolean {
  return Object.values(value).every((each) => each === undefined || (Array.isArray(each) && each.length === 0));
}
