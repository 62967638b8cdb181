import { spawn } from "node:child_process";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Called about twice a minute with the seconds that have passed. */
  onProgress?: (seconds: number) => void;
}

/** Runs a command to its end. Resolves with its standard output; rejects with the end of what it said when it fails. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err = (err + text).slice(-4000);
    });
    const ticker = setInterval(() => {
      options.onProgress?.(Math.round((performance.now() - startedAt) / 1000));
    }, 30_000);
    child.on("error", (error) => {
      clearInterval(ticker);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearInterval(ticker);
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args.join(" ")} ended with ${signal ?? code}:\n${err || out.slice(-4000)}`));
    });
  });
}
