/** How long a mean is taken over: short, so that an autoscaler sees a change within a few seconds. */
const WINDOW_MS = 4_000;

/** What a request costs, in milliseconds of CPU time; and what a pod uses that answers nothing, in millicores. */
const MS_PER_REQUEST = 10;
const IDLE_MILLICORES = 1;

/** CPU that a pod would use for what it answers, from its count of requests so far. */
export class CpuUse {
  readonly #samples: { atMs: number; requests: number }[] = [];

  /** To be called again and again, at a monotonic time. */
  sample(requests: number, atMs: number): void {
    this.#samples.push({ atMs, requests });
    while ((this.#samples[1]?.atMs ?? atMs) < atMs - WINDOW_MS) this.#samples.shift();
  }

  /** Mean of the window in millicores; undefined until two samples are there. */
  get millicores(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.atMs === first.atMs) return undefined;
    const perSecond = ((last.requests - first.requests) * 1_000) / (last.atMs - first.atMs);
    return IDLE_MILLICORES + Math.round(perSecond * MS_PER_REQUEST);
  }
}
