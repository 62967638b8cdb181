import { styleText } from "node:util";

/** How a piece of text looks; which colours those are is known here alone. */
export type Look = "plain" | "faint" | "strong" | "good" | "bad" | "doubt" | "first" | "second" | "third" | "title";

const LOOKS = {
  plain: [],
  faint: ["dim"],
  strong: ["bold"],
  good: ["green"],
  bad: ["red", "bold"],
  doubt: ["yellow"],
  first: ["blue"],
  second: ["green"],
  third: ["magenta"],
  title: ["bold", "cyan"],
} as const satisfies Record<Look, readonly Parameters<typeof styleText>[0][] | readonly string[]>;

export interface Span {
  text: string;
  look: Look;
}

export type Line = readonly Span[];

export function span(text: string, look: Look = "plain"): Span {
  return { text, look };
}

/** Cells that a text takes: what is drawn here is one cell a character. */
export function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + [...text].length, 0);
}

/** At most `width` characters; what is cut off shows as an ellipsis. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return width <= 0
    ? ""
    : `${characters
        .slice(0, width - 1)
        .join("")
        .trimEnd()}…`;
}

/** Cut or filled up to exactly `width` characters. */
export function pad(text: string, width: number, side: "left" | "right" = "right"): string {
  const fitting = cut(text, width);
  const blank = " ".repeat(Math.max(0, width - [...fitting].length));
  return side === "right" ? `${fitting}${blank}` : `${blank}${fitting}`;
}

/** Both ends of a line, with room between; the left gives way. */
export function justify(left: Line, right: Line, columns: number): Line {
  const room = columns - widthOf(right);
  const kept = fit(left, room - 1);
  return [...kept, span(" ".repeat(Math.max(0, room - widthOf(kept)))), ...right];
}

/** A line of at most `columns` cells. */
export function fit(line: Line, columns: number): Line {
  let left = columns;
  const fitting: Span[] = [];
  for (const part of line) {
    if (left <= 0) break;
    const text = cut(part.text, left);
    left -= [...text].length;
    fitting.push({ ...part, text });
  }
  return fitting;
}

/** As it is written to a terminal. */
export function render(line: Line, color: boolean): string {
  return line
    .map(({ text, look }) => {
      const format = LOOKS[look];
      return !color || format.length === 0 ? text : styleText([...format], text, { validateStream: false });
    })
    .join("")
    .trimEnd();
}
