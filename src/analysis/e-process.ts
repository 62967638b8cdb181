/**
 * Evidence that a rate of bad events is above its limit, which may be looked at after every reading.
 *
 * For H0 `p <= limit` and an alternative q, the likelihood ratio of what came after a moment s is an e-process. The mixture
 * over every start s (prior w_s = 1 / (s (s + 1)), which sums to 1) sees a fault that begins late as fast as one that begins at
 * once, and the mean over 24 alternatives sees small and large faults. E exceeds 1/alpha at any time under H0 with a
 * probability of at most alpha (Ville 1939; Ramdas et al., "Game-theoretic statistics and safe anytime-valid inference",
 * Statistical Science 38, 2023; mixtures over start times: Shin, Ramdas and Rinaldo, "E-detectors", 2022).
 */

const alternatives = 24;

/** Where the alternatives end: 99.9 % bad in log odds, or two log odds above a limit that is itself close to that. */
const topLogOdds = Math.log(0.999 / 0.001);

/**
 * A limit of 0 has no likelihood ratio: one bad event would be infinite evidence. One in a million stands for "never": a single
 * bad event then counts about as much as four do against a limit of 2 %, and the floors below still hold.
 */
export const smallestLimitFraction = 1e-6;

/** Below any of these there is no breach, however large E is: they guard against a world that is not binomial. */
export const breachFloors = { requests: 20, bad: 5, readings: 2 } as const;

/** What JSON can carry. E itself has no upper bound. */
const largestReported = 1e300;

export interface EProcess {
  /** Readings that had at least one request. */
  readings: number;
  total: number;
  bad: number;
  /** ln A_q of every alternative. */
  readonly logA: Float64Array;
  /** ln (q / p0) and ln ((1 - q) / (1 - p0)): what one bad and one good event add. */
  readonly logBad: Float64Array;
  readonly logGood: Float64Array;
}

/** Starts without evidence. `limitFraction` is in 0..1; at 1 or above nothing can be a breach, and E never rises. */
export function createEProcess(limitFraction: number): EProcess {
  const p0 = Math.max(smallestLimitFraction, limitFraction);
  const logBad = new Float64Array(p0 < 1 ? alternatives : 0);
  const logGood = new Float64Array(logBad.length);
  const bottom = Math.log(p0 / (1 - p0));
  const top = Math.max(topLogOdds, bottom + 2);
  for (let i = 0; i < logBad.length; i++) {
    const logOdds = bottom + ((top - bottom) * (i + 1)) / alternatives;
    // ln q and ln (1 - q) straight from the log odds: 1 - q itself would lose its digits close to 1.
    logBad[i] = -Math.log1p(Math.exp(-logOdds)) - Math.log(p0);
    logGood[i] = -Math.log1p(Math.exp(logOdds)) - Math.log1p(-p0);
  }
  const logA = new Float64Array(logBad.length).fill(Number.NEGATIVE_INFINITY);
  return { readings: 0, total: 0, bad: 0, logA, logBad, logGood };
}

/** Adds one reading of `total` events, `bad` of them bad, in place, and returns `state`. A reading of nothing is no reading. */
export function update(state: EProcess, bad: number, total: number): EProcess {
  if (!(total > 0)) return state;
  const hits = Math.min(Math.max(bad, 0), total);
  state.readings++;
  state.total += total;
  state.bad += hits;
  const logW = -Math.log(state.readings * (state.readings + 1));
  const { logA, logBad, logGood } = state;
  for (let i = 0; i < logA.length; i++) {
    const started = addLogs(logA[i] as number, logW);
    logA[i] = started + hits * (logBad[i] as number) + (total - hits) * (logGood[i] as number);
  }
  return state;
}

/** ln E, exact where E itself would overflow. */
export function logEValue(state: EProcess): number {
  // 1 - Σ w: the starts still to come, each worth 1.
  const logUnstarted = -Math.log(state.readings + 1);
  if (state.logA.length === 0) return 0;
  const largest = largestOf(state.logA);
  if (largest === Number.NEGATIVE_INFINITY) return logUnstarted;
  let sum = 0;
  for (const logA of state.logA) sum += Math.exp(logA - largest);
  return addLogs(largest + Math.log(sum / state.logA.length), logUnstarted);
}

/** E, cut off at 1e300 so that it stays a number wherever it is written. */
export function eValue(state: EProcess): number {
  return Math.min(Math.exp(logEValue(state)), largestReported);
}

/** Whether there is enough of everything for a breach to be possible at all. */
export function meetsFloors(state: Pick<EProcess, "readings" | "total" | "bad">): boolean {
  return (
    state.total >= breachFloors.requests && state.bad >= breachFloors.bad && state.readings >= breachFloors.readings
  );
}

/** A breach: E >= 1 / alpha, on no fewer requests, bad ones and readings than the floors. */
export function rejects(state: EProcess, alpha: number): boolean {
  if (!meetsFloors(state)) return false;
  const needed = -Math.log(alpha);
  // E is at most max A + 1/2: mostly that settles it, at a third less work for what is asked at every reading.
  if (largestOf(state.logA) < needed - Math.LN2) return false;
  return logEValue(state) >= needed;
}

function largestOf(values: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i] as number);
  return largest;
}

/** ln (e^a + e^b). Beyond a difference of 40 the smaller one is below what a double can hold. */
function addLogs(a: number, b: number): number {
  const difference = a - b;
  if (difference > 40) return a;
  if (difference < -40) return b;
  return difference > 0 ? a + Math.log1p(Math.exp(-difference)) : b + Math.log1p(Math.exp(difference));
}
