import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FILES_KNOWN, secondsOf, shareOut } from "./durations.ts";

test("files are shared out evenly, the longest first, each to one lab", () => {
  const files = ["test/a.test.ts", "test/e2e/tutorial.test.ts", "test/b.test.ts", "test/e2e/leadership.test.ts"];
  const shares = shareOut(files, 2);
  expect(shares).toEqual([
    ["test/e2e/tutorial.test.ts"],
    ["test/e2e/leadership.test.ts", "test/a.test.ts", "test/b.test.ts"],
  ]);
  expect(shareOut(files, 1)[0]).toHaveLength(4);
});

test("every file that a time is stated of exists", () => {
  const root = join(import.meta.dirname, "..", "..");
  expect(FILES_KNOWN.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  expect(FILES_KNOWN.every((file) => secondsOf(file) > 0)).toBe(true);
});
