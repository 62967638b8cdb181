import { setTimeout as sleep } from "node:timers/promises";
import type { LabClient } from "../client.ts";
import type { Share } from "../mesh/shares.ts";
import type { LoadTally, SteadyLoad } from "./steady-load.ts";

export interface StatusOptions {
  lab: LabClient;
  load: SteadyLoad;
  shop: { namespace: string; name: string; host: string };
  signal: AbortSignal;
}

const EVERY_MS = 3_000;

/** One line every few seconds on how users fare, until the signal. Where nothing is new the line before it is written over. */
export async function reportStatus({ lab, load, shop, signal }: StatusOptions): Promise<void> {
  const { out, isTerminal } = { out: process.stdout, isTerminal: process.stdout.isTTY };
  let before = "";
  for (let sinceMs = performance.now(); ; ) {
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const nowMs = performance.now();
    const tally = load.take();
    const traffic = trafficText(tally, nowMs - sinceMs);
    sinceMs = nowMs;
    const standing = `${await inForce(lab, shop.host)}   ${await runText(lab, shop.namespace)}`;
    const same = standing === before && tally.failed === 0;
    before = standing;
    out.write(`${isTerminal && same ? "\r\u001B[K" : "\n"}${clockText()}  ${traffic}  ${standing}`);
  }
}

/** `100 req/s, 0 failed, v1 90 %, v2 10 %`. */
export function trafficText({ requests, failed, byVersion }: LoadTally, forMs: number): string {
  const shares = Object.entries(byVersion)
    .filter(([version]) => version !== "")
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([version, count]) => `${version} ${Math.round((count / requests) * 100)} %`);
  const rate = `${Math.round((requests * 1_000) / forMs)} req/s`;
  return [rate, `${failed} failed`, ...shares].join(", ");
}

/** What Envoy goes by now: `in force: stable 90, canary 10`. */
async function inForce(lab: LabClient, host: string): Promise<string> {
  const shares = await lab.gateway.weightsInForce(host).catch((): readonly Share[] => []);
  const words = shares.map(({ subset, percent }) => `${subset === "" ? "everybody" : subset} ${percent}`);
  return `in force: ${words.join(", ") || "unknown"}`;
}

/** The newest run and where it is. */
async function runText(lab: LabClient, namespace: string): Promise<string> {
  const runs = await lab.admin
    .list({ apiVersion: "sluice.dev/v1alpha1", kind: "RolloutRun", namespace })
    .catch(() => []);
  const newest = runs.toSorted((a, b) => ordinalOf(a) - ordinalOf(b)).at(-1);
  if (newest === undefined) return "no run yet";
  const status = newest["status"] as { phase?: string; message?: string } | undefined;
  return `${newest.metadata.name} ${status?.phase ?? "begins"}`;
}

function ordinalOf(run: Record<string, unknown>): number {
  return (run["spec"] as { ordinal?: number } | undefined)?.ordinal ?? 0;
}

function clockText(): string {
  return new Date().toTimeString().slice(0, 8);
}
