/**
 * `npm run faults -- --times N`: lets go wrong on the lab what may go wrong, N times, and prints a Markdown table of how it went. The
 * controller is killed in every state of a run, side by side in namespaces of their own; then come foreign hands, deletion,
 * autoscalers, API faults and the rest, a test file each, shared out to several labs. Ends with 1 when a turn failed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareTools } from "../../lab/tools.ts";
import { shareOut } from "../../lab/durations.ts";
import { killCases, titleOf } from "./cases.ts";
import { casesNamed } from "./plan.ts";
import { suites, suitesNamed, type Suite } from "./suites.ts";
import { tableOf, type Turn } from "./table.ts";
import { turnsIn } from "./turns.ts";

/** Those for everything but the kills. */
const LABS = 2;

const HELP = `npm run faults -- [--times N] [--only PATTERN] [--except PATTERN ...]

Lets go wrong on a real API server, mesh and Prometheus what may go wrong, and checks what users, objects and people saw. Kills the
controller (kill -9) in every state of a run and begins it again 5 s later. Then come the tests of

${suites.map(({ name }) => `  ${name}`).join("\n")}

Prints a table: how often each case passed, and for the kills of a bad version the seconds from the controller's start until no user
met it any more. ${killCases.length} kills take about 5 minutes a turn on 2 cores, the rest, in ${LABS} labs side by side, about 12, and deletion in every state 10 more.

  --times N        how often each case is played, from 1 to 100 (default 1)
  --only PATTERN   only cases that have this in their name, as "killed", Observing, "turns bad" or deletion
  --except PATTERN no test file that has this in its name; may be given several times, and "killed" leaves out the kills
  --help           this
`;

const MOST_TIMES = 100;

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      times: { type: "string", default: "1" },
      only: { type: "string" },
      except: { type: "string", multiple: true, default: [] },
      help: { type: "boolean" },
    },
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
  const isMeant = (name: string) => !values.except.some((each) => name.toLowerCase().includes(each.toLowerCase()));
  const kills = isMeant("killed") ? casesNamed(values.only) : [];
  const files = suitesNamed(values.only).filter(({ name }) => isMeant(name));
  if (kills.length + files.length === 0)
    throw new Error(
      `--only ${JSON.stringify(values.only ?? "")} --except ${JSON.stringify(values.except)}: no case is left; there are:\n${titles()}`,
    );
  await prepareTools();
  const dir = await mkdtemp(join(tmpdir(), "sluice-faults-"));
  try {
    const killed = kills.length === 0 ? nothing : await playKills(dir, times, values.only ?? "");
    const others = files.length === 0 ? nothing : await playSuites(dir, times, files);
    const turns = [...killed.turns, ...others.turns];
    const played = (name: string, turn: number) =>
      others.turns.some((each) => each.turn === turn && each.title.startsWith(`${name}: `));
    const isWhole =
      killed.turns.length === times * kills.length &&
      files.every(({ name }) => Array.from({ length: times }, (_, at) => played(name, at + 1)).every(Boolean));
    const machine = `${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
    process.stdout.write(`\n${tableOf(turns)}\n\n${turns.length} turns on ${machine}, Node ${process.version}.\n`);
    if (!isWhole) process.stdout.write("Not run to the end: the output above says why.\n");
    // What breaks outside of a test fails as well: a hook, a promise that nobody waits for.
    return isWhole && killed.ended && others.ended && turns.every(({ passed }) => passed) ? 0 : 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function titles(): string {
  return [...killCases.map(titleOf), ...suites.map(({ name }) => name)].map((title) => `  ${title}`).join("\n");
}

interface Played {
  readonly turns: readonly Turn[];
  /** Every process of vitest ended well. */
  readonly ended: boolean;
}

const nothing: Played = { turns: [], ended: true };

async function playKills(dir: string, times: number, only: string): Promise<Played> {
  const record = join(dir, "turns.jsonl");
  const code = await runTests(["test/faults/lab/killed.test.ts"], {
    SLUICE_LAB_FAULTS_TIMES: String(times),
    SLUICE_LAB_FAULTS_ONLY: only,
    SLUICE_LAB_FAULTS_RECORD: record,
  });
  const text = await readFile(record, "utf8").catch(() => "");
  const turns = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Turn);
  return { turns, ended: code === 0 };
}

/** They mostly wait: labs side by side share them, and each goes on to its next turn by itself. */
async function playSuites(dir: string, times: number, chosen: readonly Suite[]): Promise<Played> {
  const shares = shareOut(
    chosen.map(({ file }) => file),
    LABS,
  ).filter((files) => files.length > 0);
  const played = await Promise.all(
    shares.map((files, at) =>
      playShare(
        join(dir, `lab-${at + 1}`),
        times,
        chosen.filter(({ file }) => files.includes(file)),
      ),
    ),
  );
  const turns = played.flatMap((each) => each.turns).toSorted((a, b) => a.turn - b.turn);
  return { turns, ended: played.every(({ ended }) => ended) };
}

async function playShare(name: string, times: number, chosen: readonly Suite[]): Promise<Played> {
  const turns: Turn[] = [];
  let ended = true;
  for (let turn = 1; turn <= times; turn += 1) {
    const report = `${name}-turn-${turn}.json`;
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const code = await runTests([...chosen.map(({ file }) => file), ...reporters]);
    ended &&= code === 0;
    const json = await readFile(report, "utf8").catch(() => undefined);
    // A lab that does not boot writes none: what was played so far is told all the same.
    if (json === undefined) break;
    turns.push(...turnsIn(json, chosen, turn, process.cwd()));
  }
  return { turns, ended };
}

async function runTests(args: readonly string[], environment: Record<string, string> = {}): Promise<number> {
  const netns = join(import.meta.dirname, "..", "..", "lab", "netns.ts");
  const child = spawn(process.execPath, [netns, "vitest", "run", "--project", "e2e", ...args], {
    stdio: "inherit",
    env: { ...process.env, SLUICE_LAB_FAULTS_ALL: "1", ...environment },
  });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  const ignore = () => undefined;
  // A terminal sends Ctrl-C to everybody by itself.
  process.on("SIGINT", ignore).on("SIGTERM", forward).on("SIGHUP", forward);
  const [code] = (await once(child, "exit")) as [number | null];
  process.off("SIGINT", ignore).off("SIGTERM", forward).off("SIGHUP", forward);
  return code ?? 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`faults: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
