import type { ShareReading } from "./types.ts";
import { percentText, requestsText } from "./wording.ts";

/**
 * 99.9 % of a normal distribution. The interval is the score test's, which Wilson's is the inverse of (E. B. Wilson, "Probable
 * inference, the law of succession, and statistical inference", JASA 22, 1927): |share - p| <= z · sqrt(p (1 - p) / n).
 */
const z = 3.2905;

/**
 * Beyond this many requests the interval narrows no further. Real traffic is a little more even or uneven than coins (retries,
 * kept connections, several gateways), and at 0.1 points an honest split would be refused.
 */
const largestSample = 10_000;

export interface AppliedOptions {
  /** When the weight was written: readings that begin before it straddle the change and are left out. */
  sinceWriteMs: number;
  /** The weight in force before, in percent: then the two samples together must also be likelier under the new one than under this. */
  previousPercent?: number;
  /** Requests in both samples together. @default 50 */
  minRequests?: number;
}

/** `tooFew`: traffic cannot tell, so the settle time has to do. The numbers are those of the newest readings looked at. */
export type AppliedResult =
  | { kind: "applied" | "notYet"; canary: number; total: number; fromMs: number; toMs: number; message: string }
  | { kind: "tooFew"; total: number; message: string };

/**
 * Whether traffic follows the written weight: in each of the two newest samples after the write the candidate's share lies
 * within the 99.9 % interval around `weightPercent`. A sample is a reading, or as many neighbouring ones as it takes to have
 * half of the least number of requests; going by the newest, an early one that straddled the change does no lasting harm.
 * At 0 the candidate must have had no request at all, at 100 the live pods.
 */
export function splitApplied(
  shares: readonly ShareReading[],
  weightPercent: number,
  options: AppliedOptions,
): AppliedResult {
  const minRequests = options.minRequests ?? 50;
  const after = shares.filter((reading) => reading.fromMs >= options.sinceWriteMs);
  const samples = newestSamples(after, minRequests / 2);
  const [newest, before] = samples;
  if (newest === undefined || before === undefined) {
    const total = after.reduce((sum, reading) => sum + reading.total, 0);
    return {
      kind: "tooFew",
      total,
      message: `${requestsText(total)} in ${after.length} readings since the write are too few to see the split`,
    };
  }
  const canary = newest.canary + before.canary;
  const total = newest.total + before.total;
  const weight = weightPercent / 100;
  const previous = (options.previousPercent ?? weightPercent) / 100;
  const applied =
    samples.every((sample) => fits(sample, weight)) &&
    (previous === weight || logLikelihood(canary, total, weight) > logLikelihood(canary, total, previous));
  return {
    kind: applied ? "applied" : "notYet",
    canary,
    total,
    fromMs: before.fromMs,
    toMs: newest.toMs,
    message: `${Math.round(canary)} of ${requestsText(total)} (${percentText(canary / total)}) went to the candidate: ${applied ? "in line with" : "not in line with"} ${weightPercent} %`,
  };
}

/** The two newest samples of at least `least` requests each, newest first; fewer when there are not enough. */
function newestSamples(readings: readonly ShareReading[], least: number): ShareReading[] {
  const samples: ShareReading[] = [];
  let open: ShareReading | undefined;
  for (const reading of readings.toReversed()) {
    open = open
      ? {
          fromMs: reading.fromMs,
          toMs: open.toMs,
          canary: open.canary + reading.canary,
          total: open.total + reading.total,
        }
      : reading;
    if (open.total < least) continue;
    samples.push(open);
    open = undefined;
    if (samples.length === 2) break;
  }
  return samples;
}

function fits({ canary, total }: ShareReading, weight: number): boolean {
  if (weight <= 0) return canary === 0;
  if (weight >= 1) return canary === total;
  const n = Math.min(total, largestSample);
  return Math.abs(canary / total - weight) <= z * Math.sqrt((weight * (1 - weight)) / n);
}

function logLikelihood(canary: number, total: number, weight: number): number {
  const term = (count: number, p: number) => (count === 0 ? 0 : count * Math.log(p));
  return term(canary, weight) + term(total - canary, 1 - weight);
}
