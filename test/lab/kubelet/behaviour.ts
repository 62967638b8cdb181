/** How a pod's program behaves. Fractions are from 0 to 1. */
export interface Behaviour {
  /** Share of requests that are answered with 500. */
  errorFraction: number;
  /** Every request takes at least this long. */
  latencyMs: number;
  /** Share of requests that take `slowMs` instead. */
  slowFraction: number;
  slowMs: number;
  /** From the container's start until it listens and is ready. */
  startDelayMs: number;
  /** The container exits as soon as it is started, again and again. */
  crashLoop: boolean;
  /** It runs and listens, but its readiness probe never succeeds. */
  neverReady: boolean;
}

export interface Container {
  name: string;
  image?: string;
  env?: { name: string; value?: string }[];
  ports?: { containerPort: number; name?: string }[];
}

const healthy: Behaviour = {
  errorFraction: 0,
  latencyMs: 1,
  slowFraction: 0,
  slowMs: 700,
  startDelayMs: 0,
  crashLoop: false,
  neverReady: false,
};

/** The part of an image's name after its last colon; "latest" without one. */
export function imageTag(image: string | undefined): string {
  const last = image?.split("/").at(-1) ?? "";
  return last.split("@")[0]?.split(":")[1] ?? "latest";
}

/**
 * A container's behaviour: first by the words of its image's tag, so that `kubectl set image` alone ships a bad version, then
 * by its environment, which wins. README.md lists both.
 *
 * @example behaviourOf({ name: "app", image: "shop/checkout:v2-errors50" }).errorFraction // 0.5
 */
export function behaviourOf(container: Container): Behaviour {
  return { ...healthy, ...fromTag(imageTag(container.image)), ...fromEnvironment(container) };
}

function fromTag(tag: string): Partial<Behaviour> {
  const found: Partial<Behaviour> = {};
  for (const part of tag.split("-").slice(1)) {
    const [, word = "", digits] = /^([a-z]+)(\d*)$/.exec(part) ?? [];
    const amount = digits === undefined || digits === "" ? undefined : Number(digits);
    if (word === "errors") found.errorFraction = (amount ?? 100) / 100;
    if (word === "slow") found.slowFraction = (amount ?? 100) / 100;
    if (word === "latency") found.latencyMs = amount ?? 100;
    if (word === "start") found.startDelayMs = amount ?? 2_000;
    if (word === "crash") found.crashLoop = true;
    if (word === "neverready") found.neverReady = true;
  }
  return found;
}

function fromEnvironment(container: Container): Partial<Behaviour> {
  const found: Partial<Behaviour> = {};
  for (const { name, value = "" } of container.env ?? []) {
    if (name === "ERROR_RATE") found.errorFraction = Number(value);
    if (name === "LATENCY_MS") found.latencyMs = Number(value);
    if (name === "SLOW_RATE") found.slowFraction = Number(value);
    if (name === "SLOW_MS") found.slowMs = Number(value);
    if (name === "START_DELAY_MS") found.startDelayMs = Number(value);
    if (name === "CRASH_LOOP") found.crashLoop = value === "true";
    if (name === "NEVER_READY") found.neverReady = value === "true";
  }
  return found;
}

/** A repeatable sequence of numbers in [0, 1): the same pod name always fails the same requests. */
export function seededRandom(seed: string): () => number {
  let state = 2_166_136_261;
  for (let at = 0; at < seed.length; at++) state = Math.imul(state ^ seed.charCodeAt(at), 16_777_619);
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
