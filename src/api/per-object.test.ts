import { expect, test } from "vitest";
import { perObject } from "./per-object.ts";

test("is made once for each object, also where nothing comes of it", () => {
  const asked: object[] = [];
  const sizeOf = perObject((object: { size?: number }) => {
    asked.push(object);
    return object.size;
  });
  const [one, same, none] = [{ size: 1 }, { size: 1 }, {}];
  expect([sizeOf(one), sizeOf(one), sizeOf(same), sizeOf(none), sizeOf(none)]).toEqual([1, 1, 1, undefined, undefined]);
  expect(asked).toEqual([one, same, none]);
});
