/**
 * Everything that is checked, in the order of what it costs: format, lint and types, unit tests, the real controller on the
 * simulator, random schedules of faults on it, contract tests against a real apiserver, end-to-end tests on the lab. Ends with
 * "N passed, N failed"; a skipped test fails the run.
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

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
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
const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
try {
  if (wants("static")) for (const command of STATIC) count(await exitCode(command));
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
if (tally.skipped > 0) console.log(`${tally.skipped} skipped, which counts as failed: nothing may be skipped`);
console.log(`${tally.passed} passed, ${tally.failed + tally.skipped} failed`);
process.exitCode = tally.failed + tally.skipped === 0 ? 0 : 1;

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
  console.log(missing.length === 0 ? "every event was met" : `no run met: ${missing.join(", ")}`);
  count(missing.length);
}

async function printLog(path: string): Promise<void> {
  process.stdout.write(await readFile(path, "utf8").catch(() => ""));
}

function count(code: number): void {
  if (code === 0) tally.passed++;
  else tally.failed++;
}

async function vitest(
  project: string,
  command: readonly string[],
  logFile?: string,
  more: readonly string[] = [],
): Promise<void> {
  const report = join(scratch, `${[project, ...more].join("-").replaceAll("/", "-of-")}.json`);
  const options = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...more];
  const code = await exitCode([...command, "run", "--project", project, ...options], logFile);
  const result = await readReport(report);
  tally.passed += result.passed;
  tally.failed += result.failed;
  tally.skipped += result.skipped;
  // A run that broke outside of a test (a file that does not load, a lab that does not boot) fails as well.
  if (code !== 0 && result.failed === 0) tally.failed++;
  if (code === 0 && result.passed === 0) tally.failed++;
}

async function readReport(path: string): Promise<Tally> {
  try {
    const report = JSON.parse(await readFile(path, "utf8")) as Record<
      "numPassedTests" | "numFailedTests" | "numPendingTests" | "numTodoTests",
      number
    >;
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
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
