import { expect, test } from "vitest";
import { labelValue, objectName, runName } from "./names.ts";

const long = "a".repeat(70);

test("a run is named after its Rollout and its number", () => {
  expect(runName("checkout", 7)).toBe("checkout-7");
  expect(labelValue("checkout")).toBe("checkout");
});

test("a name that is too long for a label is shortened, always the same way", () => {
  expect(runName(long, 1234)).toHaveLength(63);
  expect(runName(long, 1234)).toBe(runName(long, 1234));
  expect(runName(long, 1234)).toMatch(/^a+-[0-9a-f]{8}-1234$/);
  expect(labelValue(long)).toHaveLength(63);
});

test("long names that begin alike stay apart", () => {
  expect(runName(`${long}x`, 1)).not.toBe(runName(`${long}y`, 1));
});

test("what is left of a name does not end in a separator", () => {
  expect(runName(`${"a".repeat(50)}...${"b".repeat(30)}`, 1)).toMatch(/^a{50}-[0-9a-f]{8}-1$/);
});

test("an id that is a name stays, and of any other a name is made that tells it from its likes", () => {
  expect(objectName("resume-1.3fa85f64")).toBe("resume-1.3fa85f64");
  expect(objectName("Resume 1")).toMatch(/^resume-1-[0-9a-f]{16}$/);
  expect(objectName("Resume 1")).not.toBe(objectName("resume_1"));
  expect(objectName("№")).toMatch(/^[0-9a-f]{16}$/);
  expect(objectName(`${"a".repeat(300)}`)).toMatch(/^a{63}-[0-9a-f]{16}$/);
});
