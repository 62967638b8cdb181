import { z } from "zod";
import type { Violation } from "../../api/rule.ts";
import {
  also,
  anyDuration,
  atMostOne,
  duration,
  flag,
  flagOrNull,
  notEmpty,
  problem,
  texts,
  uint32,
} from "./fields.ts";

const TOPOLOGY = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"];
/** Maglev's tables are of prime size, below this. */
const MAGLEV_LIMIT = 5_000_011;

const region = z
  .string()
  .refine((text) => !/[/*]/.test(text), { error: "expected a region, without zone and without *" });

const failover = z.array(
  also(z.strictObject({ from: region.optional(), to: region.optional() }), ({ from = "", to = "" }) =>
    from === to ? [problem(["to"], "expected another region than in from")] : [],
  ),
);

const distribute = z.array(
  also(
    z.strictObject({ from: z.string().optional(), to: z.record(z.string(), uint32.min(1).max(100)).optional() }),
    ({ to = {} }) => {
      const sum = Object.values(to).reduce((total, each) => total + each, 0);
      return sum === 100 ? [] : [problem(["to"], `the weights add up to ${sum}, expected 100`)];
    },
  ),
);

const localityLbSetting = also(
  z.strictObject({
    enabled: flagOrNull.optional(),
    distribute: distribute.optional(),
    failover: failover.optional(),
    failoverPriority: texts.optional(),
  }),
  ({ distribute: shares = [], failover: regions = [], failoverPriority = [] }) => [
    ...(shares.length > 0 && regions.length > 0
      ? [problem(["failover"], "expected one of distribute and failover")]
      : []),
    ...(shares.length === 0 && regions.length > 0 ? topologyProblems(failoverPriority, "beside failover") : []),
  ],
);

const zoneAwareLbSetting = also(
  z.strictObject({
    enabled: flagOrNull.optional(),
    failover: failover.optional(),
    failoverPriority: texts.optional(),
    minClusterSize: uint32.min(1).nullable().optional(),
  }),
  ({ failoverPriority = [] }) => topologyProblems(failoverPriority, "with zones"),
);

function topologyProblems(priority: readonly string[], where: string): Violation[] {
  const first = priority.findIndex((label) => TOPOLOGY.includes(label));
  return first < 0
    ? []
    : [problem(["failoverPriority", first], `${priority[first] ?? ""} cannot be ordered by ${where}`)];
}

const httpCookie = z.strictObject({
  name: notEmpty,
  path: z.string().optional(),
  ttl: anyDuration.optional(),
  attributes: also(z.array(z.strictObject({ name: notEmpty, value: z.string().optional() })), (attributes) => {
    const names = attributes.map(({ name }) => name);
    return names.flatMap((name, index) =>
      names.indexOf(name) < index ? [problem([index, "name"], `${name} is there already`)] : [],
    );
  }).optional(),
});

const size = z.int().min(0);

const consistentHash = also(
  atMostOne(
    atMostOne(
      z.strictObject({
        httpHeaderName: z.string().optional(),
        httpCookie: httpCookie.optional(),
        useSourceIp: flag.optional(),
        httpQueryParameterName: z.string().optional(),
        ringHash: z.strictObject({ minimumRingSize: size.optional() }).optional(),
        maglev: z
          .strictObject({
            tableSize: size.refine((value) => value < MAGLEV_LIMIT && isPrime(value), {
              error: `expected a prime below ${MAGLEV_LIMIT}`,
            }),
          })
          .optional(),
        minimumRingSize: size.optional(),
      }),
      ["httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"],
    ),
    ["ringHash", "maglev"],
  ),
  ({ minimumRingSize = 0, ringHash, maglev }) =>
    minimumRingSize > 0 && (ringHash !== undefined || maglev !== undefined)
      ? [problem(["minimumRingSize"], "belongs into ringHash: leave it out here")]
      : [],
);

export const loadBalancer = also(
  atMostOne(
    z.strictObject({
      simple: z.enum(["UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST"]).optional(),
      consistentHash: consistentHash.optional(),
      localityLbSetting: localityLbSetting.optional(),
      zoneAwareLbSetting: zoneAwareLbSetting.optional(),
      warmup: z
        .strictObject({
          duration,
          minimumPercent: z.number().min(0).max(100).nullable().optional(),
          aggression: z.number().gt(0).nullable().optional(),
        })
        .optional(),
      warmupDurationSecs: duration.optional(),
    }),
    ["simple", "consistentHash"],
  ),
  ({ localityLbSetting: locality, zoneAwareLbSetting: zones }) =>
    locality !== undefined && zones !== undefined
      ? [problem(["zoneAwareLbSetting"], "expected one of localityLbSetting and zoneAwareLbSetting")]
      : [],
);

function isPrime(value: number): boolean {
  if (value < 2) return false;
  for (let factor = 2; factor * factor <= value; factor++) if (value % factor === 0) return false;
  return true;
}
