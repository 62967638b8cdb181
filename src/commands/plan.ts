import { Command, InvalidArgumentError, Option } from "commander";
import { collect } from "./named-values.ts";

export interface PlanFlags {
  filename: readonly string[];
  output?: "json";
  at?: number;
  users?: number;
}

/** RFC 3339; seconds may be left out. */
const TIME = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

function parseTime(text: string): number {
  const [, day] = TIME.exec(text) ?? [];
  if (day === undefined || !isDay(day))
    throw new InvalidArgumentError(
      'Expected a time as RFC 3339 has it, with its zone, such as "2026-11-27T16:30Z" or "2026-11-27T17:30:00+01:00".',
    );
  return Date.parse(text);
}

/** Date.parse takes 30 February for 2 March. */
function isDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

function parseUsers(text: string): number {
  const users = Number(text);
  if (!Number.isInteger(users) || users < 1) throw new InvalidArgumentError("Expected a whole number above 0.");
  return users;
}

/** `sluice plan`: what a run of a Rollout would do, without a cluster. */
export function planCommand(): Command {
  return new Command("plan")
    .summary("show what a run would do, and when it would be done")
    .description(
      "Reads Rollouts and policies from files, without a cluster, and prints the plan of a run: its steps with the share of the users that each exposes, " +
        "each value with where it comes from, and when it would be done at the earliest if it began now. Windows count, and observations; " +
        "pods are taken to be ready, and approvals given, at once. What is wrong in a file is said with file, line and column.",
    )
    .requiredOption(
      "-f, --filename <file>",
      "a file with Rollouts, policies, Namespaces, or a folder with all below it; - is standard input; may be given again",
      collect,
    )
    .option("--at <time>", "as if the run began at this time (default: now)", parseTime)
    .option("--users <number>", "how many users there are, to show people and not only percents", parseUsers)
    .addOption(new Option("-o, --output <format>", "json: everything, for machines").choices(["json"]))
    .addHelpText(
      "after",
      `
Examples:
  sluice plan -f rollout.yaml
  sluice plan -f rollout.yaml -f policies.yaml           # with what the policies add
  sluice plan -f rollout.yaml --at 2026-11-27T16:30Z     # would it still get through before the freeze?
  sluice plan -f rollout.yaml -o json | jq '.[].forecast.promotedAt'

Exit codes: 0 every Rollout can be promoted, 1 a file is wrong or a run would never finish, 2 typed wrong.
`,
    )
    .action(async (flags: PlanFlags) => {
      const { printPlans } = await import("./print-plans.ts");
      await printPlans(flags);
    });
}
