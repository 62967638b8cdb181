/**
 * `npm run faults -- --times N`: kills the controller on the lab in every state of a run, N times each, side by side in namespaces of
 * their own, and prints a Markdown table of what users had of it. Ends with 1 when a turn failed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { killCases, titleOf } from "./cases.ts";
import { casesNamed } from "./plan.ts";
import { tableOf, type Turn } from "./table.ts";

const HELP = `npm run faults -- [--times N] [--only PATTERN]

Kills the controller (kill -9) on a real API server, mesh and Prometheus in every state of a run, begins it again 5 s later, and checks
what users, objects and people saw. Prints a table: how often each case passed, and the seconds from the controller's start until no
user met a bad version any more. ${killCases.length} cases; a turn of all takes about 5 minutes on 2 cores.

  --times N        how often each case is played, from 1 to 100 (default 1)
  --only PATTERN   only cases that have this in their name, as Observing or "turns bad"
  --help           this
`;

const MOST_TIMES = 100;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`faults: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { times: { type: "string", default: "1" }, only: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const times = Number(values.times);
  if (!Number.isInteger(times) || times < 1 || times > MOST_TIMES)
    throw new Error(
      `--times ${JSON.stringify(values.times)}: expected a whole number from 1 to ${MOST_TIMES}, as in: npm run faults -- --times 10`,
    );
  const chosen = casesNamed(values.only);
  if (chosen.length === 0)
    throw new Error(`--only ${JSON.stringify(values.only)}: no case has that in its name; there are:\n${titles()}`);
  const dir = await mkdtemp(join(tmpdir(), "sluice-faults-"));
  try {
    const record = join(dir, "turns.jsonl");
    const code = await runTests({ times, only: values.only ?? "", record });
    const turns = await readTurns(record);
    const whole = turns.length === times * chosen.length;
    const machine = `${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
    process.stdout.write(`\n${tableOf(turns)}\n\n${turns.length} turns on ${machine}, Node ${process.version}.\n`);
    if (!whole) process.stdout.write(`Not run to the end: ${times * chosen.length} turns were asked for.\n`);
    return code === 0 && whole ? 0 : 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function titles(): string {
  return killCases.map((each) => `  ${titleOf(each)}`).join("\n");
}

async function runTests(plan: { times: number; only: string; record: string }): Promise<number> {
  const netns = join(import.meta.dirname, "..", "..", "lab", "netns.ts");
  const tests = ["vitest", "run", "--project", "e2e", "test/faults/lab/killed.test.ts"];
  const child = spawn(process.execPath, [netns, ...tests], {
    stdio: "inherit",
    env: {
      ...process.env,
      SLUICE_LAB_FAULTS_TIMES: String(plan.times),
      SLUICE_LAB_FAULTS_ONLY: plan.only,
      SLUICE_LAB_FAULTS_RECORD: plan.record,
    },
  });
  // A terminal sends Ctrl-C to everybody by itself.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

async function readTurns(file: string): Promise<Turn[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Turn);
}
