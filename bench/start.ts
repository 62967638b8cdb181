/**
 * How soon `kubectl sluice` answers, held against Node that does nothing: `node bench/start.ts [--times N]`. What counts is that a
 * person does not wait: under 150 ms. Prints milliseconds from the start of the process to its end, and the ratio. On a machine that is
 * busy the least says most.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { bundlePlugin } from "../deploy/bundle/bundle.ts";
import { readVersion } from "../src/commands/version-file.ts";

const { times } = parseArgs({ options: { times: { type: "string", default: "20" } } }).values;
const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));

/** Minimum and median of several starts, in milliseconds. */
function measure(args: readonly string[]): { least: number; median: number } {
  const took = Array.from({ length: Number(times) }, () => {
    const startMs = performance.now();
    spawnSync(process.execPath, args, { env: { HOME: "/nonexistent" }, stdio: "ignore" });
    return performance.now() - startMs;
  }).toSorted((a, b) => a - b);
  return { least: took[0] ?? 0, median: took[Math.floor(took.length / 2)] ?? 0 };
}

/** A kubeconfig for a server that answers at once. */
function writeKubeconfig(port: number): string {
  const file = join(folder, "kubeconfig");
  const config = {
    clusters: [{ name: "near", cluster: { server: `http://127.0.0.1:${port}` } }],
    contexts: [{ name: "near", context: { cluster: "near", user: "me" } }],
    users: [{ name: "me", user: { token: "none" } }],
    "current-context": "near",
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

const server = new Worker(new URL("answering-server.ts", import.meta.url));
const listening = once(server, "message") as Promise<[number]>;
try {
  const plugin = await bundlePlugin(folder);
  writeFileSync(join(folder, "nothing.mjs"), "");
  const kubeconfig = writeKubeconfig((await listening)[0]);
  const nothing = measure([join(folder, "nothing.mjs")]);
  process.stdout.write(
    `sluice ${readVersion()}, Node ${process.versions.node}, ${platform()} ${release()} ${arch()}, ${cpus().length} x ${cpus()[0]?.model ?? "?"}, ${times} starts each\n\n`,
  );
  const rows = [
    ["node, an empty file", nothing],
    ["kubectl sluice --help", measure([plugin, "--help"])],
    ["kubectl sluice version", measure([plugin, "version"])],
    ["kubectl sluice get, up to asking the cluster", measure([plugin, "get"])],
    [
      "kubectl sluice get, of a cluster that is near",
      measure([plugin, "get", "-n", "shop", "--kubeconfig", kubeconfig]),
    ],
  ] as const;
  for (const [what, { least, median }] of rows)
    process.stdout.write(
      `${what.padEnd(46)} least ${least.toFixed(0).padStart(4)} ms  median ${median.toFixed(0).padStart(4)} ms  ${(least / nothing.least).toFixed(1)} x node\n`,
    );
} finally {
  await server.terminate();
  rmSync(folder, { recursive: true });
}
