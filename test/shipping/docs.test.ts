import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { program } from "../../src/cli.ts";
import { root } from "./render.ts";

/** Lines of fenced blocks that begin with the command, each with the page that shows it. */
function shown(): { page: string; line: string }[] {
  return readdirSync(join(root, "docs"))
    .filter((page) => page.endsWith(".md"))
    .flatMap((page) => {
      const blocks = readFileSync(join(root, "docs", page), "utf8").matchAll(/^```(\w*)\n(.*?)^```$/gms);
      return [...blocks].flatMap(([, , block = ""]) =>
        (block.match(/^(kubectl )?sluice .*$/gm) ?? []).map((line) => ({ page, line })),
      );
    });
}

test.each(shown())("$page: $line", ({ line }) => {
  const words = line
    .replace(/ +#.*$/, "")
    .replace(/ [|>&].*$/, "")
    .replace(/^kubectl /, "")
    .split(/ +/)
    .slice(1);
  const command = program().commands.find((candidate) => candidate.name() === words[0]);
  expect(command, `sluice has no command ${words[0]}`).toBeDefined();
  const known = command?.options.flatMap(({ long, short }) => [long, short]);
  for (const word of words.filter((candidate) => /^--?[a-zA-Z]/.test(candidate)))
    expect([...(known ?? []), "--help"]).toContain(word.split("=")[0]);
});

test("the pages show the exit codes of status as its own help does", () => {
  const page = readFileSync(join(root, "docs/cli.md"), "utf8");
  let help = "";
  const status = program().commands.find((command) => command.name() === "status");
  status?.configureOutput({ writeOut: (text) => (help += text) });
  status?.outputHelp();
  for (const code of [0, 1, 2, 3, 4]) {
    const [, means = ""] = new RegExp(`^  ${code}  ([^:;,]*)`, "m").exec(help) ?? [];
    expect(means).not.toBe("");
    expect(page).toContain(`| ${code} | ${means}`);
  }
});
