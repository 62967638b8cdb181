import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { VERBS } from "./api/phase.ts";
import { program, run } from "./cli.ts";

/** What a shell sees. */
function sluice(...args: string[]) {
  const env = { ...process.env, KUBECONFIG: "", HOME: "/nonexistent", KUBERNETES_SERVICE_HOST: "" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "cli.ts"), ...args], {
    encoding: "utf8",
    env,
  });
  return { status, stdout, stderr };
}

/** The same in this process, for what ends before anything is imported or asked. */
async function typed(...args: string[]) {
  let text = "";
  const write = (part: string) => void (text += part);
  const code = await run(args, { writeOut: write, writeErr: write });
  return { code, text };
}

describe("exit codes", () => {
  test.each([
    [["--help"], 0],
    [["get", "--help"], 0],
    [["help", "approve"], 0],
    [["--version"], 0],
    [[], 2],
    [["puase", "x"], 2],
    [["pause"], 2],
    [["pause", "x", "y"], 2],
    [["get", "--bogus"], 2],
    [["get", "-o", "toml"], 2],
    [["pause", "x", "--wait", "10"], 2],
    [["controller", "--workers", "0"], 2],
    [["release"], 2],
    [["release", "x", "--all"], 2],
    [["release", "x", "-A"], 2],
    [["release", "--all", "--timeout", "soon"], 2],
  ])("sluice %j ends with %i", async (args, expected) => {
    expect((await typed(...args)).code).toBe(expected);
  });

  test("what is found wrong later ends with 2 as well", () => {
    expect(sluice("controller", "--prometheus", "ftp://x")).toMatchObject({ status: 2, stdout: "" });
  });
});

test("an unknown command is met with the one that was meant", async () => {
  expect((await typed("puase", "x")).text).toBe(
    "sluice: unknown command 'puase'\n(Did you mean pause?)\nWhat there is: add --help.\n",
  );
});

test("without a cluster one is told how to name one, and nothing is on standard output", () => {
  const { status, stdout, stderr } = sluice("get");
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toContain("give --kubeconfig FILE, set KUBECONFIG");
});

test("the CRDs are four YAML documents that kubectl takes", () => {
  const { stdout } = sluice("crds");
  expect(stdout.match(/^kind: CustomResourceDefinition$/gm)).toHaveLength(4);
});

test("version is for people, and for machines", () => {
  expect(sluice("version").stdout).toMatch(/^sluice \d+\.\d+\.\d+ \(sluice\.dev\/v1alpha1, Node 2\d/);
  expect(JSON.parse(sluice("version", "-o", "json").stdout)).toMatchObject({ api: "sluice.dev/v1alpha1" });
});

test("every command has a summary, a description and an example; every verb has a command", () => {
  const { commands } = program();
  expect(commands.map((command) => command.name())).toEqual(expect.arrayContaining([...VERBS]));
  for (const command of commands) {
    expect(command.summary()).not.toBe("");
    expect(command.description().length).toBeGreaterThan(command.summary().length);
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    expect(help, command.name()).toMatch(/^Examples?:\n {2}sluice /m);
  }
});
