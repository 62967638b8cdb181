/** A span of readings. */
export interface Span {
  total: number;
  bad: number;
  /** Of the last reading before it, in milliseconds since the epoch. */
  fromMs: number;
}

/**
 * The readings since the fraction of bad requests over them was last within the limit: what people are told when a fault that began
 * late is proven, while the fraction since the run began may still be within it. As a CUSUM with the limit as its reference value
 * (Page 1954), it only tells; the e-process decides.
 */
export interface Excess {
  /** Undefined while the last readings keep the limit. */
  readonly span: Span | undefined;
  /** Takes a reading of `total` requests, `bad` of them bad, whose readings before it ended at `fromMs`. */
  add(bad: number, total: number, fromMs: number): void;
}

export function createExcess(limitFraction: number): Excess {
  let span: Span | undefined;
  return {
    get span() {
      return span;
    },
    add(bad, total, fromMs) {
      const next = { total: (span?.total ?? 0) + total, bad: (span?.bad ?? 0) + bad, fromMs: span?.fromMs ?? fromMs };
      span = next.bad > limitFraction * next.total ? next : undefined;
    },
  };
}
