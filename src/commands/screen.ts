const ENTER = "\u001B[?1049h\u001B[?25l";
const LEAVE = "\u001B[?25h\u001B[?1049l";
const HOME = "\u001B[H";
const TO_END_OF_LINE = "\u001B[K";
const TO_END_OF_SCREEN = "\u001B[J";

/** What of a process's standard output is needed here. */
export interface Terminal {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  hasColors?(): boolean;
  write(text: string): unknown;
}

/** A terminal's other screen, redrawn in place; what stood on the terminal is there again afterwards. */
export interface Screen {
  size(): { columns: number; rows: number };
  draw(lines: readonly string[]): void;
  /** Gives the terminal back. Does nothing the second time. */
  leave(): void;
}

/** Takes the terminal. It is given back when the process ends, however that comes about. */
export function openScreen(stream: Terminal): Screen {
  let open = true;
  stream.write(ENTER);

  function leave(): void {
    if (!open) return;
    open = false;
    process.off("exit", leave);
    // Node writes to a terminal synchronously, so this arrives even on the way out of the process.
    stream.write(LEAVE);
  }

  process.on("exit", leave);
  return {
    size: () => ({ columns: stream.columns ?? 80, rows: stream.rows ?? 24 }),
    draw(lines) {
      if (!open) return;
      stream.write(`${HOME}${lines.map((line) => `${line}${TO_END_OF_LINE}`).join("\n")}${TO_END_OF_SCREEN}`);
    },
    leave,
  };
}
