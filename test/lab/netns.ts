/**
 * Runs a command in a network namespace where every 10.244.0.0/16 address can be bound and reached, which is what gives the
 * lab's pods addresses of their own. Needs no rights: an ordinary user gets a user namespace along with it.
 *
 *   node test/lab/netns.ts [--tools=etcd,kube-apiserver | --tools=none] COMMAND [ARGS...]
 *
 * Missing tools are built before, since there is no way to the internet from inside.
 */
import { spawn, spawnSync } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { labNamespaceVariable } from "./ports.ts";
import { setprivWords } from "./part.ts";
import { type ToolName, tools } from "./tools/catalogue.ts";
import { prepareTools } from "./tools.ts";

const setUp = 'ip link set lo up && ip route add local 10.244.0.0/16 dev lo && exec "$@"';

try {
  const { names, command } = parseArguments(process.argv.slice(2));
  // The kernel kills it when we die, however we die: nothing of the lab may outlive the command that was typed. Innermost, since
  // entering a user namespace would undo it.
  const guarded = [...setprivWords(), ...command];
  if (process.env[labNamespaceVariable] === "1") launch(guarded);
  else {
    requireCommand("ip", "iproute2");
    requireCommand("unshare", "util-linux");
    await prepareTools(names);
    launch([...namespaceCommand(), "sh", "-c", setUp, "sh", ...guarded]);
  }
} catch (error) {
  process.stderr.write(`netns: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function parseArguments(args: readonly string[]): { names: ToolName[]; command: string[] } {
  const option = args[0]?.startsWith("--tools=") === true ? args[0].slice("--tools=".length) : undefined;
  const command = args.slice(option === undefined ? 0 : 1);
  if (command.length === 0)
    throw new Error("which command? node test/lab/netns.ts [--tools=NAME,...] COMMAND [ARGS...]");
  const known = tools.map((tool) => tool.name);
  if (option === undefined) return { names: known, command };
  if (option === "none") return { names: [], command };
  const names = option.split(",").map((word) => {
    const name = known.find((candidate) => candidate === word);
    if (name === undefined) throw new Error(`no tool is called ${word}; there are ${known.join(", ")}`);
    return name;
  });
  return { names, command };
}

/** Root may be root without the right to unshare (in a container, say); a user namespace works in most of those places. */
function namespaceCommand(): string[] {
  for (const flags of ["-n", "-Urn"]) {
    if (spawnSync("unshare", [flags, "true"]).status === 0) return ["unshare", flags];
  }
  throw new Error(
    "this machine lets nobody make network namespaces: as root, or with kernel.unprivileged_userns_clone=1 and " +
      "kernel.apparmor_restrict_unprivileged_userns=0, `unshare -Urn true` must succeed",
  );
}

function requireCommand(command: string, debianPackage: string): void {
  const found = spawnSync(command, ["-V"]).error === undefined;
  if (!found) throw new Error(`the command \`${command}\` is missing: install the package ${debianPackage}`);
}

function launch(command: readonly string[]): void {
  const binaries = [dirname(process.execPath), join(import.meta.dirname, "..", "..", "node_modules", ".bin")];
  const child = spawn(command[0] ?? "", command.slice(1), {
    stdio: "inherit",
    env: {
      ...process.env,
      [labNamespaceVariable]: "1",
      PATH: [...binaries, process.env.PATH ?? ""].join(delimiter),
    },
  });
  // A terminal sends Ctrl-C to the child by itself; passing it on would make it two.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`netns: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + (signal === "SIGINT" ? 2 : 15);
  });
}
