/**
 * `npm run lab`: a real apiserver, istiod, Envoy and Prometheus with the real controller, a small shop under load, until Ctrl-C.
 * The lab lives in a network namespace of its own; this half of it stays outside and opens doors on loopback, so that kubectl,
 * curl and a browser on this machine reach it as they are.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { setprivWords } from "./part.ts";
import { type Doors, DOORS, socketOf } from "./serve/doors.ts";
import { freePort, startRelay } from "./serve/relay.ts";

const PREFERRED: Doors = { apiserver: 16_443, gateway: 18_080, prometheus: 19_090 };

const dir = await mkdtemp(join(tmpdir(), "sluice-serve-"));
try {
  const doors: Record<keyof Doors, number> = { ...PREFERRED };
  for (const door of DOORS) {
    doors[door] = await freePort(PREFERRED[door]);
    await startRelay({ host: "127.0.0.1", port: doors[door] }, { path: socketOf(dir, door) });
  }
  process.exitCode = await holdLab(doors);
} catch (error) {
  process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await rm(dir, { recursive: true, force: true });
  // The doors would keep the process.
  process.exit();
}

/** Runs the half inside until it ends. Gives its exit code. */
async function holdLab(doors: Doors): Promise<number> {
  const here = import.meta.dirname;
  const inside = ["node", join(here, "serve", "inside.ts"), dir, JSON.stringify(doors)];
  const command = [...setprivWords(), process.execPath, join(here, "netns.ts"), ...inside];
  const child = spawn(command[0] ?? "", command.slice(1), { stdio: "inherit" });
  // A terminal sends Ctrl-C to everybody by itself.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
