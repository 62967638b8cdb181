/** `npm run lab:tools`: comes by every program that the lab runs, so that later starts take seconds. */
import { prepareTools } from "./tools.ts";

try {
  for (const [name, path] of await prepareTools()) process.stdout.write(`${name.padEnd(24)} ${path}\n`);
} catch (error) {
  process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
