/** What a fenced block is for: `bash` is typed, `text` is what is seen then, `yaml` is a file of the checkout. */
export type BlockKind = "bash" | "text" | "yaml";

interface Block {
  kind: BlockKind;
  text: string;
  /** Where its text begins in the page. */
  at: number;
}

/** A page of commands and of what they show, walked through from its top to its end. */
export interface Page {
  /** The next block, which must be of this kind. @throws Error that says what stands there instead */
  take(kind: BlockKind): string;
  /** What the block after the one that was taken last is; undefined at the end. */
  readonly next: BlockKind | undefined;
  /** Puts another text in the place of the block that was taken last. */
  put(text: string): void;
  /** The page, with what was put into it. */
  markdown(): string;
}

/** Reads the blocks of a page that are marked `bash`, `text` or `yaml`; all others are for the eye alone. */
export function readPage(markdown: string): Page {
  const blocks = [...markdown.matchAll(/^```(bash|text|yaml)\n(.*?)^```$/gms)].map(
    ({ index, 1: kind, 2: text = "" }): Block => ({
      kind: kind as BlockKind,
      text,
      at: index + "```\n".length + String(kind).length,
    }),
  );
  const texts = blocks.map(({ text }) => text);
  let taken = -1;
  return {
    take(kind) {
      const block = blocks[taken + 1];
      if (block?.kind !== kind) {
        const found = block === undefined ? "the page ends" : `there is ${block.kind}: ${block.text.split("\n")[0]}`;
        throw new Error(`the page should have a block of ${kind} next; ${found}`);
      }
      taken += 1;
      return block.text;
    },
    get next() {
      return blocks[taken + 1]?.kind;
    },
    put(text) {
      texts[taken] = text.endsWith("\n") ? text : `${text}\n`;
    },
    markdown() {
      let [page, from] = ["", 0];
      for (const [index, { at, text }] of blocks.entries()) {
        page += markdown.slice(from, at) + (texts[index] ?? text);
        from = at + text.length;
      }
      return page + markdown.slice(from);
    },
  };
}
