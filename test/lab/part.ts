import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { sayOnStderr } from "./tools.ts";
import { GiveUp, until } from "./wait.ts";

/** One process of the lab. */
export interface PartSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Whether it serves. May throw while it does not. */
  readonly ready: () => Promise<boolean>;
  /** @default 30000 */
  readonly readyWithinMs?: number;
}

/** A process that can be ended and begun again; its state on disk stays. */
export interface Part {
  readonly name: string;
  readonly running: boolean;
  /** Resolves when it is ready; rejects with the end of its log when it dies before. Does nothing while it runs. */
  start(): Promise<void>;
  /** SIGTERM, and SIGKILL after three seconds. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGSTOP: it keeps its connections and answers nothing. */
  pause(): void;
  resume(): void;
}

const parts = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of parts) child.kill("SIGKILL");
});

export function createPart(spec: PartSpec): Part {
  let child: ChildProcess | undefined;
  const alive = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  async function start(): Promise<void> {
    if (alive()) return;
    const started = spawnPart(spec);
    child = started;
    await until(
      `${spec.name} is ready`,
      async () => {
        if (started.exitCode !== null || started.signalCode !== null) throw new GiveUp(describeDeath(spec, started));
        return await spec.ready();
      },
      { withinMs: spec.readyWithinMs ?? 30_000 },
    ).catch(async (error: unknown) => {
      if (error instanceof GiveUp) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${message}\n${logTail(spec.logFile)}`, { cause: error });
    });
    started.once("exit", () => {
      if (child === started) sayOnStderr(describeDeath(spec, started));
    });
  }

  async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const ending = child;
    const wasAlive = alive();
    child = undefined;
    if (ending === undefined || !wasAlive) return;
    const exited = once(ending, "exit");
    // A stopped process acts on nothing but SIGKILL until it goes on.
    ending.kill("SIGCONT");
    ending.kill(signal);
    const timer = setTimeout(() => ending.kill("SIGKILL"), 3_000);
    await exited;
    clearTimeout(timer);
  }

  return {
    name: spec.name,
    get running() {
      return alive();
    },
    start,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
  };
}

function spawnPart(spec: PartSpec): ChildProcess {
  const log = openSync(spec.logFile, "a");
  const command = [...setprivWords(), spec.command, ...spec.args];
  const child = spawn(command[0] ?? spec.command, command.slice(1), {
    // A group of its own: Ctrl-C in a terminal must reach us first, so that things end in order.
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...spec.env },
  });
  closeSync(log);
  parts.add(child);
  child.once("exit", () => parts.delete(child));
  child.once("error", (error) => sayOnStderr(`${spec.name}: ${error.message}`));
  return child;
}

function describeDeath(spec: PartSpec, child: ChildProcess): string {
  return `${spec.name} ended with ${child.signalCode ?? child.exitCode}; the end of ${spec.logFile}:\n${logTail(spec.logFile)}`;
}

function logTail(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-25).join("\n");
}

let setpriv: readonly string[] | undefined;

/** The words to put before a command so that the kernel kills it when we die, even by SIGKILL; none where setpriv is missing. */
export function setprivWords(): readonly string[] {
  if (setpriv === undefined) {
    const help = spawnSync("setpriv", ["--help"], { encoding: "utf8" });
    setpriv = (help.stdout ?? "").includes("--pdeathsig") ? ["setpriv", "--pdeathsig", "KILL", "--"] : [];
  }
  return setpriv;
}
