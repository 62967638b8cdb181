import { spawn } from "node:child_process";
import { once } from "node:events";

export interface Pty extends AsyncDisposable {
  /** All that was written to the terminal so far, with its codes. */
  readonly output: string;
  /** Presses keys. */
  press(keys: string): void;
  /** Resolves when the command has ended. */
  readonly ended: Promise<unknown>;
}

export interface PtyOptions {
  env: Readonly<Record<string, string>>;
  cwd?: string;
  columns?: number;
  rows?: number;
}

/**
 * Runs a shell's line on a terminal of its own, which `script` of util-linux makes. It is killed when it is disposed of.
 *
 * @example await using terminal = openPty("bash -i", { env });
 */
export function openPty(line: string, { env, cwd, columns = 80, rows = 24 }: PtyOptions): Pty {
  const sized = `stty cols ${columns} rows ${rows} -echoctl; exec ${line}`;
  const child = spawn("script", ["--quiet", "--flush", "--command", sized, "/dev/null"], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const ended = once(child, "close");
  return {
    get output() {
      return output;
    },
    press: (keys) => void child.stdin.write(keys),
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}
