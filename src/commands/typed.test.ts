import { expect, test } from "vitest";
import { typed } from "./typed.ts";

test.each([
  [{}, "/usr/local/bin/sluice", "sluice get"],
  [{}, "/usr/local/bin/kubectl-sluice", "kubectl sluice get"],
  [{ npm_lifecycle_event: "sluice" }, "/src/cli.ts", "npm run -s sluice -- get"],
])("with %j and %s it is: %s", (env, program, expected) => {
  expect(typed("get", env, program)).toBe(expected);
});
