import { expect, test } from "vitest";
import { CHECKS } from "./all.ts";
import { checksMarkdown } from "./docs.ts";

test("every check has a row in the table and a section that the row leads to", () => {
  const text = checksMarkdown();
  for (const check of CHECKS) {
    expect(text).toContain(`| ${check.number} | [\`${check.id}\`](#${check.id}) |`);
    expect(text).toContain(`## ${check.id}\n\n${check.title}`);
    expect(text).toContain(check.reason);
    expect(text).toContain(check.remedy);
  }
});

test("a bar in a title does not break the table", () => {
  const [check] = CHECKS;
  const checks = check === undefined ? [] : [{ ...check, title: "a | b" }];
  expect(checksMarkdown(checks)).toContain("a \\| b |");
});
