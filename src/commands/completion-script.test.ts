import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { program } from "../cli.ts";
import { completionScript } from "./completion-script.ts";

/** What bash offers for the words typed so far; the last one is being typed. `sluice` itself is played: it knows two Rollouts. */
function offered(...words: string[]): string[] {
  const script = `
    sluice() { printf 'checkout\\ncart\\n'; }
    ${completionScript("bash", program())}
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _sluice
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script, "bash", "sluice", ...words], {
    encoding: "utf8",
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout.trim().split("\n");
}

test("bash completes commands, options and names of Rollouts", () => {
  expect(offered("pa")).toEqual(["pause"]);
  expect(offered("h")).toEqual(["history", "help"].filter((word) => word === "history"));
  expect(offered("status", "--ti")).toEqual(["--timeout"]);
  expect(offered("approve", "c")).toEqual(["checkout", "cart"]);
  expect(offered("crds", "c")).toEqual([""]);
});

test("every command is in the script of every shell", () => {
  for (const shell of ["bash", "zsh", "fish"] as const) {
    const script = completionScript(shell, program());
    for (const { name } of program().commands.map((command) => ({ name: command.name() })))
      expect(script, `${shell}: ${name}`).toMatch(new RegExp(`(^|[ "'(])${name}[ :)]`, "m"));
  }
});
