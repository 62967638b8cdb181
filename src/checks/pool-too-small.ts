import { defineCheck } from "./define.ts";
import { asNumber, at } from "./raw.ts";
import { trafficPolicies } from "./traffic-policies.ts";

/** A proxy with so few is full as soon as one answer takes its time. */
const SMALL = 10;

const LIMITS: readonly (readonly [string, string])[] = [
  ["http", "http1MaxPendingRequests"],
  ["http", "http2MaxRequests"],
  ["tcp", "maxConnections"],
];

export const poolTooSmall = defineCheck(
  {
    id: "pool-too-small",
    number: 24,
    title: "The connection pool has room for ordinary traffic.",
    severity: "warn",
    reason:
      "A proxy whose pool is full answers 503 (UO) itself. While users move between subsets each subset has a pool of its own, so such errors say nothing about the version and may end a good release.",
    remedy: "Leave the limit out (Istio's default is 2^32 - 1), or set it to what one proxy may really have under way.",
  },
  (world) =>
    trafficPolicies(world).flatMap(({ key, path, policy }) =>
      LIMITS.flatMap(([group, field]) => {
        const limit = asNumber(at(policy, "connectionPool", group, field));
        if (limit === undefined || limit <= 0 || limit > SMALL) return [];
        const where = `${path}.connectionPool.${group}.${field}`;
        return [
          {
            message: `DestinationRule ${key} ${where} is ${limit}: a proxy answers 503 itself when it has more than that.`,
            place: { kind: "DestinationRule", key, path: where },
          },
        ];
      }),
    ),
);
