import { describe, expect, test } from "vitest";
import { createEProcess, rejects, update } from "./e-process.ts";

/** mulberry32: a small generator with a fixed seed, so that the counts below are the same on every machine. */
function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Draws from a binomial by its cumulative table: one uniform number a draw. */
function binomial(n: number, p: number, uniform: () => number): () => number {
  const cumulative: number[] = [];
  let probability = (1 - p) ** n;
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    sum += probability;
    cumulative.push(sum);
    probability *= ((n - k) / (k + 1)) * (p / (1 - p));
  }
  return () => {
    const drawn = uniform();
    let k = 0;
    while (k < n && drawn > (cumulative[k] as number)) k++;
    return k;
  };
}

const limit = 0.02;
/** 10 requests a second, read every 2 s. */
const requestsPerReading = 20;
/** 0.1 % for the run over two objectives; the judge splits it further over the two views, which only makes it stricter. */
const alpha = 0.0005;

describe("at the limit itself", () => {
  test("at most 0.1 % of 10,000 runs of 1,000 looks end in a false breach", { timeout: 60_000 }, () => {
    const draw = binomial(requestsPerReading, limit, random(20_240_607));
    let falseBreaches = 0;
    for (let run = 0; run < 10_000; run++) {
      const state = createEProcess(limit);
      for (let look = 0; look < 1000; look++) {
        update(state, draw(), requestsPerReading);
        if (rejects(state, alpha)) {
          falseBreaches++;
          break;
        }
      }
    }
    console.log(`false breaches at the limit: ${falseBreaches} of 10,000 runs of 1,000 looks`);
    expect(falseBreaches).toBeLessThanOrEqual(10);
  });
});

describe("detection", () => {
  /** Median requests from the fault's begin to the breach, over 201 runs. */
  function medianRequests(rate: number, cleanReadings: number): number {
    const uniform = random(7);
    const clean = binomial(requestsPerReading, limit / 4, uniform);
    const faulty = binomial(requestsPerReading, rate, uniform);
    const needed: number[] = [];
    for (let run = 0; run < 201; run++) {
      const state = createEProcess(limit);
      for (let reading = 0; reading < cleanReadings; reading++) update(state, clean(), requestsPerReading);
      let readings = 0;
      do {
        update(state, faulty(), requestsPerReading);
        readings++;
      } while (!rejects(state, alpha) && readings < 5000);
      needed.push(readings * requestsPerReading);
    }
    needed.sort((a, b) => a - b);
    return needed[100] as number;
  }

  test.each([
    { times: 2, rate: 0.04, fromStart: 2000, afterHour: 3500 },
    { times: 5, rate: 0.1, fromStart: 200, afterHour: 340 },
    { times: 20, rate: 0.4, fromStart: 60, afterHour: 100 },
  ])("at $times times the limit takes a bounded number of requests", ({ times, rate, fromStart, afterHour }) => {
    const early = medianRequests(rate, 0);
    const late = medianRequests(rate, 1800);
    console.log(`${times} times the limit: breach after ${early} requests from the start, ${late} after a clean hour`);
    expect(early).toBeLessThanOrEqual(fromStart);
    expect(late).toBeLessThanOrEqual(afterHour);
  });
});
