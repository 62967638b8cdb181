import { expect, test } from "vitest";
import { readPage } from "./page.ts";

const MARKDOWN = `# A page

\`\`\`bash
echo one
echo two
\`\`\`

It says:

\`\`\`text
one
two
\`\`\`

\`\`\`
for the eye
\`\`\`

\`\`\`yaml
a: 1
\`\`\`
`;

test("a page gives its blocks in order, without those that are not marked", () => {
  const page = readPage(MARKDOWN);
  expect(page.take("bash")).toBe("echo one\necho two\n");
  expect(page.next).toBe("text");
  expect(page.take("text")).toBe("one\ntwo\n");
  expect(page.take("yaml")).toBe("a: 1\n");
  expect(page.next).toBeUndefined();
  expect(page.markdown()).toBe(MARKDOWN);
});

test("a block of another kind is said with what it begins with, and a page that ends as well", () => {
  const page = readPage(MARKDOWN);
  expect(() => page.take("text")).toThrow("should have a block of text next; there is bash: echo one");
  for (const kind of ["bash", "text", "yaml"] as const) page.take(kind);
  expect(() => page.take("bash")).toThrow("the page ends");
});

test("what is put into a block stands there, and all else stays", () => {
  const page = readPage(MARKDOWN);
  page.take("bash");
  page.take("text");
  page.put("eins\nzwei\ndrei");
  page.take("yaml");
  page.put("b: 2\n");
  expect(page.markdown()).toBe(
    MARKDOWN.replace("one\ntwo\n```\n\n```\n", "eins\nzwei\ndrei\n```\n\n```\n").replace("a: 1", "b: 2"),
  );
});
