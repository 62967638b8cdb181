import type { Pod } from "./workload-types.ts";

/** How a pod's program behaves, by the same words as the lab's kubelet reads. Fractions are from 0 to 1. */
export interface Behaviour {
  /** Share of requests that are answered with 500. */
  errorFraction: number;
  /** Median duration of a request. */
  latencyMs: number;
  /** Share of requests that take about `slowMs` instead. */
  slowFraction: number;
  slowMs: number;
  /** From the container's start until it is ready, on top of what every pod takes. */
  startDelayMs: number;
  /** The container exits as soon as it is started, again and again. */
  crashLoop: boolean;
  /** It runs, but its readiness probe never succeeds. */
  neverReady: boolean;
}

const healthy: Behaviour = {
  errorFraction: 0,
  latencyMs: 20,
  slowFraction: 0,
  slowMs: 700,
  startDelayMs: 0,
  crashLoop: false,
  neverReady: false,
};

/** What stands after the last colon of an image's name; "latest" without one. */
export function imageTag(image: string | undefined): string {
  const last = image?.split("/").at(-1) ?? "";
  return last.split("@")[0]?.split(":")[1] ?? "latest";
}

/** By the words of a tag: `v2-errors50-slow20-start3000`; `crash`, `neverready` and `latency100` besides. */
export function behaviourOfTag(tag: string): Partial<Behaviour> {
  const found: Partial<Behaviour> = {};
  for (const part of tag.split("-").slice(1)) {
    const [, word = "", digits = ""] = /^([a-z]+)(\d*)$/.exec(part) ?? [];
    const amount = digits === "" ? undefined : Number(digits);
    if (word === "errors") found.errorFraction = (amount ?? 100) / 100;
    if (word === "slow") found.slowFraction = (amount ?? 100) / 100;
    if (word === "latency") found.latencyMs = amount ?? 100;
    if (word === "start") found.startDelayMs = amount ?? 2_000;
    if (word === "crash") found.crashLoop = true;
    if (word === "neverready") found.neverReady = true;
  }
  return found;
}

function behaviourOfEnvironment(env: readonly { name: string; value?: string }[]): Partial<Behaviour> {
  const found: Partial<Behaviour> = {};
  for (const { name, value = "" } of env) {
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

/** By the first container's image tag, then by its environment, which wins. */
export function behaviourOf(pod: Pod): Behaviour {
  const container = pod.spec.containers[0];
  return { ...healthy, ...behaviourOfTag(imageTag(container?.image)), ...behaviourOfEnvironment(container?.env ?? []) };
}
