import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundlePlugin } from "../../deploy/bundle/bundle.ts";
import { rolloutObject, runObject } from "../../src/commands/run-fixture.test-helper.ts";
import { type FakeApiserver, startFakeApiserver } from "../../src/kube/fake-apiserver.ts";
import { openPty } from "../lab/pty.ts";
import { ensureTool } from "../lab/tools.ts";
import { until } from "../lab/wait.ts";

let folder: string;
let server: FakeApiserver;
let env: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-shells-"));
  server = await startFakeApiserver();
  void answer(server);
  writeFileSync(join(folder, "kubeconfig"), server.kubeConfig.exportConfig());
  const installed = dirname(await bundlePlugin(join(folder, "installed")));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(join(installed, "kubectl-sluice"), join(bin, "kubectl-sluice"));
  symlinkSync(join(installed, "kubectl_complete-sluice"), join(bin, "kubectl_complete-sluice"));
  symlinkSync(join(installed, "kubectl-sluice"), join(bin, "sluice"));
  symlinkSync(await ensureTool("kubectl"), join(bin, "kubectl"));
  env = {
    PATH: [bin, dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
    HOME: folder,
    TERM: "xterm",
    LANG: "C.UTF-8",
    KUBECONFIG: join(folder, "kubeconfig"),
  };
});

afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A cluster with two Rollouts in each namespace, and a run of each. */
async function answer({ next }: FakeApiserver): Promise<void> {
  for (;;) {
    const request = await next();
    const run = { ...runObject(1), status: { phase: "Observing" } };
    const items = request.url.pathname.endsWith("/rolloutruns")
      ? [run]
      : ["checkout", "cart"].map((name) => rolloutObject(name));
    request.json(200, { apiVersion: "v1", kind: "List", metadata: { resourceVersion: "1" }, items });
  }
}

/** What a command printed. */
async function output(command: string, ...args: string[]): Promise<string> {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  expect(code, `${command} ${args.join(" ")}`).toBe(0);
  return out;
}

/** Types into an interactive shell and presses Tab, until what stands on the terminal has this in it. */
async function expectTyped(shell: string, keys: string, shown: RegExp): Promise<void> {
  await using terminal = openPty(shell, { env, cwd: folder, columns: 120 });
  await until("the shell is ready", () => terminal.output.includes("READY"));
  const from = terminal.output.length;
  const onScreen = () => stripVTControlCharacters(terminal.output.slice(from));
  terminal.press(`${keys}\t`);
  await until(`${keys} and Tab show ${shown.source}`, () => shown.test(onScreen()), {
    withinMs: 20_000,
  }).catch((error: unknown) => {
    throw new Error(`the terminal has ${JSON.stringify(onScreen())}`, { cause: error });
  });
}

const SHIFTS: readonly (readonly [keys: string, shown: RegExp])[] = [
  ["sluice pau", /sluice pause /],
  ["sluice status --time", /sluice status --timeout /],
  ["sluice get -n shop che", /sluice get -n shop checkout /],
  ["sluice approve checkout th", /sluice approve checkout third /],
  ["sluice plan -f kubec", /sluice plan -f kubeconfig /],
];

test.each(SHIFTS)("bash completes: %s", async (keys, shown) => {
  const rc = join(folder, "bashrc");
  writeFileSync(rc, `${await output("sluice", "completion", "bash")}\nPS1='READY> '\n`);
  await expectTyped(`bash --noprofile --rcfile ${rc} -i`, keys, shown);
});

test.each(SHIFTS)("zsh completes: %s", async (keys, shown) => {
  const functions = join(folder, "functions");
  mkdirSync(functions, { recursive: true });
  writeFileSync(join(functions, "_sluice"), await output("sluice", "completion", "zsh"));
  writeFileSync(
    join(folder, ".zshrc"),
    `if [[ -n "$UNPACKED" ]]; then
  module_path=("$UNPACKED"/usr/lib/*-linux-*/zsh/*(N))
  fpath=("$UNPACKED"/usr/share/zsh/functions/**/*(/N))
fi
fpath=(${functions} $fpath)
autoload -Uz compinit && compinit -u -D
PS1='READY> '
`,
  );
  await expectTyped(`${await ensureTool("zsh")} -i`, keys, shown);
});

test("fish completes commands with what they mean, options, names, steps and files", async () => {
  const script = join(folder, "sluice.fish");
  writeFileSync(script, await output("sluice", "completion", "fish"));
  const fish = await ensureTool("fish");
  const offered = async (line: string) => {
    const run = `cd ${folder}; source ${script}; complete --do-complete '${line}'`;
    return (await output(fish, "--no-config", "--command", run)).trim().split("\n");
  };
  expect(await offered("sluice pau")).toEqual(["pause\tkeep a run at the weight that it has"]);
  expect(await offered("sluice status --time")).toEqual([expect.stringMatching(/^--timeout\t/)]);
  expect((await offered("sluice get -n shop ")).toSorted()).toEqual(["cart", "checkout"]);
  expect(await offered("sluice approve checkout ")).toEqual(["first\t10%", "third\t30%", "all-50\t50%", "all\t100%"]);
  expect(await offered("sluice plan -f kubec")).toEqual([expect.stringMatching(/^kubeconfig/)]);
});

test("kubectl completes what stands after kubectl sluice, by the plugin's own program", async () => {
  const offered = async (...words: string[]) => (await output("kubectl", "__complete", "sluice", ...words)).split("\n");
  expect(await offered("pau")).toEqual(expect.arrayContaining(["pause\tkeep a run at the weight that it has", ":4"]));
  expect(await offered("get", "-n", "shop", "ch")).toEqual(expect.arrayContaining(["checkout", ":4"]));
  expect(await offered("approve", "checkout", "")).toEqual(expect.arrayContaining(["third\t30%"]));
  expect(await offered("plan", "-f", "")).toEqual(expect.arrayContaining([":0"]));
});
