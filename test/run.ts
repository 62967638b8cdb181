/**
 * Everything that is checked, in the order of what it costs: format, lint and types, unit tests, the real controller on the
 * simulator, random schedules of faults on it, contract tests against a real apiserver, end-to-end tests on the lab. Ends with
 * "N passed, N failed", and before that what failed, since a log is long and often cut; a skipped test fails the run.
 *
 * The lab's tests mostly wait, so there are two labs, which share them, and what is simulated runs beside them with what they leave of
 * the processors. What runs beside something else has its say when it is through.
 *
 *   node test/run.ts [static|unit|sim|faults|contract|e2e ...]      all of them when none is named
 */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MET_EVENTS_VARIABLE, readMet, tellMet } from "./e2e/met-events.ts";
import { failuresOf } from "./failures.ts";
import { readVitestReport, type VitestReport } from "./vitest-report.ts";

interface Tally {
  passed: number;
  /** What failed, or was skipped, an entry each. */
  readonly failures: string[];
}

const STATIC: readonly (readonly string[])[] = [
  ["biome", "format"],
  ["oxlint", "--type-aware"],
  ["tsc", "-p", "."],
];

const LABS = 2;
const IN_NAMESPACE = ["node", "test/lab/netns.ts", "vitest"];

const wanted = process.argv.slice(2);
const known = ["static", "unit", "sim", "faults", "contract", "e2e"];
const unknown = wanted.filter((stage) => !known.includes(stage));
if (unknown.length > 0) {
  console.error(`there is no stage ${unknown.join(", ")}: the stages are ${known.join(", ")}`);
  process.exit(2);
}

const scratch = await mkdtemp(join(tmpdir(), "sluice-test-"));
const tally: Tally = { passed: 0, failures: [] };
try {
  if (wants("static")) for (const command of STATIC) await check(command);
  if (wants("unit")) await vitest("unit", ["vitest"]);
  const simulated = wants("contract") || wants("e2e") ? simulate(join(scratch, "simulated.log")) : simulate();
  if (wants("contract") || wants("e2e")) await exitCode(["node", "test/lab/prepare.ts"]);
  // Inside a network namespace, where pods have addresses.
  if (wants("contract")) await vitest("contract", IN_NAMESPACE);
  if (wants("e2e")) await playLabs();
  await simulated;
} finally {
  await rm(scratch, { recursive: true, force: true });
}
if (tally.failures.length > 0) console.log(`\nWhat failed:\n\n${tally.failures.join("\n\n")}\n`);
console.log(`${tally.passed} passed, ${tally.failures.length} failed`);
process.exitCode = tally.failures.length === 0 ? 0 : 1;

function wants(stage: string): boolean {
  return wanted.length === 0 || wanted.includes(stage);
}

/** The stages on the simulator, one after the other; with `logFile` behind everything else, and heard of at the end. */
async function simulate(logFile?: string): Promise<void> {
  const command = logFile === undefined ? ["vitest"] : ["nice", "-n", "19", "vitest"];
  for (const stage of ["sim", "faults"]) if (wants(stage)) await vitest(stage, command, logFile);
  if (logFile !== undefined) await printLog(logFile);
}

/** A lab in a network namespace each, with a share of the tests; what all but the first have to say comes at the end. */
async function playLabs(): Promise<void> {
  const metEvents = join(scratch, "met-events.jsonl");
  process.env[MET_EVENTS_VARIABLE] = metEvents;
  const logs = Array.from({ length: LABS }, (_, at) => (at === 0 ? undefined : join(scratch, `lab-${at + 1}.log`)));
  await Promise.all(logs.map((log, at) => vitest("e2e", IN_NAMESPACE, log, [`--shard=${at + 1}/${LABS}`])));
  for (const log of logs) if (log !== undefined) await printLog(log);
  await tellMetEvents(metEvents);
}

/** Which events of the state table stand in the record of a run on the lab; one that stands in none is a check that failed. */
async function tellMetEvents(file: string): Promise<void> {
  const { lines, missing } = tellMet(readMet(await readFile(file, "utf8").catch(() => "")));
  console.log(`\nEvents in the records of runs on the lab, and their states:\n${lines.join("\n")}`);
  if (missing.length === 0) console.log("every event was met");
  count(missing.length === 0, `e2e: these events of the state table changed no run on the lab: ${missing.join(", ")}`);
}

async function printLog(path: string): Promise<void> {
  process.stdout.write(await readFile(path, "utf8").catch(() => ""));
}

function count(isPassed: boolean, failure: string): void {
  if (isPassed) tally.passed++;
  else tally.failures.push(failure);
}

async function check(command: readonly string[]): Promise<void> {
  const code = await exitCode(command);
  count(code === 0, `static: ${command.join(" ")} ended with ${code}`);
}

async function vitest(
  project: string,
  command: readonly string[],
  logFile?: string,
  more: readonly string[] = [],
): Promise<void> {
  const stage = [project, ...more].join(" ");
  const file = join(scratch, `${stage.replaceAll("/", "-of-").replaceAll(" ", "-")}.json`);
  const options = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...more];
  const code = await exitCode([...command, "run", "--project", project, ...options], logFile);
  const report = await readReport(file);
  const passed = report.tests.filter(({ result }) => result === "passed").length;
  const failures = failuresOf(stage, report);
  // A run that broke outside of a test (a lab that does not boot, a promise that nobody waits for) fails as well.
  if (code !== 0 && failures.length === 0) failures.push(`${stage}: vitest ended with ${code}, though no test failed`);
  if (code === 0 && passed === 0) failures.push(`${stage}: there was no test that passed`);
  tally.passed += passed;
  tally.failures.push(...failures);
}

async function readReport(path: string): Promise<VitestReport> {
  return await readFile(path, "utf8").then(
    (json) => readVitestReport(json, process.cwd()),
    () => ({ tests: [], brokenFiles: [] }),
  );
}

function exitCode(command: readonly string[], logFile?: string): Promise<number> {
  const [program = "", ...args] = command;
  console.log(`\n> ${command.join(" ")}${logFile === undefined ? "" : " (beside the rest)"}`);
  const log = logFile === undefined ? undefined : openSync(logFile, "a");
  return new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, { stdio: log === undefined ? "inherit" : ["ignore", log, log] });
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
  }).finally(() => {
    if (log !== undefined) closeSync(log);
  });
}
