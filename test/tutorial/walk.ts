import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Page } from "./page.ts";
import { steady } from "./steady.ts";
import { type Terminal, typeIn } from "./terminal.ts";

/** A walk through a page: what it says to type is typed, and what it shows is held against what is seen. */
export interface Walk {
  /** Types the next block, which begins with these words. When the page shows what comes then, that is compared. Gives what was printed. */
  type(begins: string): Promise<string>;
  /** The next block, which begins with these words, as it stands: for what is not run here. */
  read(begins: string): string;
  /** Holds what is seen against what the page shows next. */
  shows(seen: string): void;
  /** The page shows this file of the checkout next, whole. */
  showsFile(path: string): void;
}

/** `writing`: what is seen is put into the page instead of being compared with it. */
export function walkThrough(page: Page, terminal: Terminal, { writing }: { writing: boolean }): Walk {
  function command(begins: string): string {
    const block = page.take("bash");
    expect(block.slice(0, begins.length), "what the page says to type next").toBe(begins);
    return block;
  }

  /** Soft: one walk tells of everything that the page has other than it is. */
  function shows(seen: string): void {
    const shown = page.take("text");
    page.put(seen);
    if (!writing) expect.soft(steady(seen), "what is seen, against the page").toBe(steady(shown));
  }

  return {
    async type(begins) {
      const block = command(begins);
      const seen = await typeIn(terminal, block);
      if (page.next === "text") shows(seen);
      return seen;
    },
    read: command,
    shows,
    showsFile(path) {
      const shown = page.take("yaml");
      const file = readFileSync(join(terminal.folder, path), "utf8");
      page.put(file);
      if (!writing) expect.soft(shown, path).toBe(file);
    },
  };
}
