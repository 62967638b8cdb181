import { basename } from "node:path";

/** A command as this person would type it: from a checkout it goes through npm, as a plugin through kubectl. */
export function typed(
  args: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  program: string | undefined = process.argv[1],
): string {
  return `${programName(env, program)} ${args}`;
}

/** What stands before a command's name. `program` is the path of the file that was started. */
export function programName(
  env: Readonly<Record<string, string | undefined>> = process.env,
  program: string | undefined = process.argv[1],
): string {
  if (env["npm_lifecycle_event"] === "sluice") return "npm run -s sluice --";
  return /^kubectl-sluice(\.mjs)?$/.test(basename(program ?? "")) ? "kubectl sluice" : "sluice";
}
