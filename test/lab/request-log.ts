/** One request as its caller saw it. */
export interface Answer {
  readonly sentAtMs: number;
  readonly doneAtMs: number;
  /** 0 when there was no answer at all. */
  readonly status: number;
  /** The image tag of the pod that answered; "" when none did. */
  readonly version: string;
  readonly pod: string;
  readonly error?: string;
}

/** Whether a user was hurt by it. */
export function isFailure(answer: Answer): boolean {
  return answer.status === 0 || answer.status >= 500 || answer.error !== undefined;
}

/** What callers saw, in the order in which requests ended. Times are milliseconds since the Unix epoch. */
export class RequestLog {
  readonly #answers: Answer[];

  constructor(answers: readonly Answer[] = []) {
    this.#answers = [...answers];
  }

  add(answer: Answer): void {
    this.#answers.push(answer);
  }

  get answers(): readonly Answer[] {
    return this.#answers;
  }

  get total(): number {
    return this.#answers.length;
  }

  /** Those that were sent from `fromMs` on and before `toMs`. */
  window(fromMs: number, toMs = Number.POSITIVE_INFINITY): RequestLog {
    return new RequestLog(this.#answers.filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < toMs));
  }

  /** Those that a version answered. */
  ofVersion(version: string): RequestLog {
    return new RequestLog(this.#answers.filter((answer) => answer.version === version));
  }

  countByVersion(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { version } of this.#answers) counts[version] = (counts[version] ?? 0) + 1;
    return counts;
  }

  countByStatus(): Record<number, number> {
    const counts: Record<number, number> = {};
    for (const { status } of this.#answers) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  failures(): Answer[] {
    return this.#answers.filter(isFailure);
  }

  /** By the time at which it was sent. */
  firstFailure(): Answer | undefined {
    return this.failures().sort((a, b) => a.sentAtMs - b.sentAtMs)[0];
  }

  lastFailure(): Answer | undefined {
    return this.failures()
      .sort((a, b) => a.sentAtMs - b.sentAtMs)
      .at(-1);
  }

  /** Milliseconds between the first and the last failed request; 0 with fewer than two. */
  failureSpanMs(): number {
    return (this.lastFailure()?.sentAtMs ?? 0) - (this.firstFailure()?.sentAtMs ?? 0);
  }
}
