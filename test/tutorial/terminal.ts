import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { openPty } from "../lab/pty.ts";

/** A user's shell. */
export interface Terminal {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Longer than any command of the walk takes. */
const LONGEST_MS = 180_000;

/** Types a block of commands and gives what it printed, errors as well. @throws Error when the last of them fails */
export async function typeIn(terminal: Terminal, block: string): Promise<string> {
  const child = spawn("bash", ["-c", `exec 2>&1\n${block}`], {
    cwd: terminal.folder,
    env: terminal.env,
    stdio: ["ignore", "pipe", "inherit"],
    timeout: LONGEST_MS,
  });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (code !== 0) throw new Error(`it ended with ${String(code)}:\n${block}${out}`);
  return out;
}

export interface Watched extends AsyncDisposable {
  /** What stood on the screen, one picture after the other. */
  readonly pictures: readonly string[];
  /** Presses Ctrl-C and waits for the end. Gives what stays on the terminal. */
  interrupt(): Promise<string>;
}

/** Begins a command that draws on a terminal of this size. */
export function watchIn(terminal: Terminal, command: string, size: { columns: number; rows: number }): Watched {
  const pty = openPty(command, { env: terminal.env, cwd: terminal.folder, ...size });
  return {
    get pictures() {
      return picturesIn(pty.output);
    },
    async interrupt() {
      pty.press("\u0003");
      await pty.ended;
      return pty.output.slice(pty.output.lastIndexOf(LEFT) + LEFT.length).replaceAll("\r", "");
    },
    [Symbol.asyncDispose]: () => pty[Symbol.asyncDispose](),
  };
}

const HOME = "\u001B[H";
const TO_END_OF_LINE = "\u001B[K";
const TO_END_OF_SCREEN = "\u001B[J";
/** Gives the terminal back as it was. */
const LEFT = "\u001B[?1049l";

/** What was drawn, by the codes that say where: each picture begins at the top left, and ends by clearing what is below it. */
export function picturesIn(output: string): string[] {
  return output
    .split(HOME)
    .slice(1)
    .filter((drawn) => drawn.includes(TO_END_OF_SCREEN))
    .map((drawn) =>
      drawn.slice(0, drawn.indexOf(TO_END_OF_SCREEN)).replaceAll(TO_END_OF_LINE, "").replaceAll("\r", ""),
    );
}
