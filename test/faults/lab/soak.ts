/**
 * `npm run soak -- --minutes N`: releases, good and bad, one after the other on the lab while things go wrong at random, with the
 * promises checked throughout and the controller's memory and open files watched. Ends with 1 when something was not as promised.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";

const HELP = `npm run soak -- [--minutes N] [--seed N]

Ships versions of three services on a real API server, mesh and Prometheus, one after the other, four in ten of them bad, while the
API server refuses, loses or delays calls, watches break, and the controller is frozen, cut off or (in the first third) killed.
Checks each release for its users, and that the controller's memory and open files stay where they were.

  --minutes N   for so long, from 1 to 1440 (default 10)
  --seed N      draw the same troubles again (default: a new one each time, which is printed)
  --help        this
`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { minutes: { type: "string", default: "10" }, seed: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const minutes = Number(values.minutes);
  if (!(minutes >= 1 && minutes <= 1440))
    throw new Error(
      `--minutes ${JSON.stringify(values.minutes)}: expected a number from 1 to 1440, as in: npm run soak -- --minutes 60`,
    );
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (!Number.isInteger(seed))
    throw new Error(`--seed ${JSON.stringify(values.seed)}: expected a whole number, as a soak prints it`);
  process.stdout.write(`seed ${seed}\n`);
  const netns = join(import.meta.dirname, "..", "..", "lab", "netns.ts");
  const tests = ["vitest", "run", "--project", "e2e", "test/faults/lab/soak.test.ts"];
  const child = spawn(process.execPath, [netns, ...tests], {
    stdio: "inherit",
    env: { ...process.env, SLUICE_LAB_SOAK_MINUTES: String(minutes), SLUICE_LAB_SOAK_SEED: String(seed) },
  });
  // A terminal sends Ctrl-C to everybody by itself.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
