import { expect, test } from "vitest";
import { openScreen } from "../../src/commands/screen.ts";
import { picturesIn } from "./terminal.ts";

test("the pictures of a screen are read back as they were drawn, without the one that is not finished", () => {
  let written = "";
  const screen = openScreen({ columns: 40, rows: 5, write: (text) => (written += text) });
  screen.draw(["one", "two"]);
  screen.draw(["three"]);
  const half = written.length - 2;
  expect(picturesIn(written)).toEqual(["one\ntwo", "three"]);
  expect(picturesIn(written.slice(0, half))).toEqual(["one\ntwo"]);
  screen.leave();
});
