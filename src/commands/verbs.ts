import { Command, Option } from "commander";
import type { Verb } from "../api/phase.ts";
import { type NamespaceOptions, withNamespaceOptions } from "./cluster-options.ts";
import { parseWait } from "./parse-wait.ts";

export interface VerbFlags extends NamespaceOptions {
  reason?: string;
  run?: string;
  /** Milliseconds to wait for the controller's answer. */
  wait: number;
}

interface Manual {
  summary: string;
  description: string;
  example: string;
}

/** What people tell a run, each with its manual page. Which of them a run takes in its state is the controller's to say. */
export const MANUALS: Readonly<Record<Verb, Manual>> = {
  approve: {
    summary: "let a run pass the approval of a step",
    description:
      "Gives the approval that a step asks for, so that the run goes on to the next step once this one has passed. It may be given before it is asked for.",
    example: 'approve checkout third --reason "looked at the dashboards"',
  },
  skip: {
    summary: "end the step at hand without waiting for its observation",
    description:
      "Ends the step at hand: the run goes on to the next one at once. The last step cannot be skipped, since what it shows decides the promotion.",
    example: "skip checkout first",
  },
  pause: {
    summary: "keep a run at the weight that it has",
    description:
      "Keeps the run where it is until resume. A breach takes users back all the same, unless its objective says otherwise.",
    example: 'pause checkout --reason "support sees something odd"',
  },
  resume: {
    summary: "let a paused run go on",
    description: "Lets a paused run go on. What was seen before counts as acknowledged: evidence is gathered anew.",
    example: "resume checkout",
  },
  promote: {
    summary: "go to the last step now",
    description:
      "Goes to the step `all` without the steps between. Its ramp is still watched, and a breach still takes users back. While the old pods are kept, it ends that time.",
    example: 'promote checkout --reason "the old version is on fire"',
  },
  abort: {
    summary: "take the new version away from all users and end the run",
    description:
      "Takes the new version away from all users at once and ends the run. The same template starts no run again, until retry.",
    example: "abort checkout",
  },
  retry: {
    summary: "try a version again that was taken back or aborted",
    description:
      "Begins a new run for the Deployment's template although the last run for it was taken back or aborted. For a run that is stalled: look again now.",
    example: "retry checkout",
  },
  undo: {
    summary: "put users back on the version before",
    description:
      "After a promotion. While the old pods are kept: puts all users back on them at once. Later: begins a run that brings the version before " +
      "up at full capacity and gives it every user, watched as ever; users stay on its pods until the Deployment's template is that version's, or another.",
    example: "undo checkout",
  },
};

const NAMES_STEP: readonly Verb[] = ["approve", "skip"];

/** `sluice pause NAME` and the like, one command a verb. */
export function verbCommands(): Command[] {
  return (Object.entries(MANUALS) as [Verb, Manual][]).map(([verb, manual]) => verbCommand(verb, manual));
}

function verbCommand(verb: Verb, { summary, description, example }: Manual): Command {
  const command = new Command(verb).summary(summary).description(description).argument("<name>", "name of the Rollout");
  if (NAMES_STEP.includes(verb))
    command.argument("[step]", "name of the step; left out, the command says which one it is");
  command
    .option("--reason <text>", "why, for those who read it later")
    .option(
      "--run <name>",
      "the run that is meant (default: the one under way); refused when that is not under way any more",
    )
    .addOption(
      new Option("--wait <duration>", "how long to wait for the controller's answer, as in 30s; 0s: not at all")
        .argParser(parseWait)
        .default(10_000, "10s"),
    );
  return withNamespaceOptions(command)
    .addHelpText(
      "after",
      `
The command is written into spec.commands of the run; the controller takes it from there and answers. Exit code 0 when it is
taken, 1 when it is refused or no answer came. Whoever gives it needs the verb \`${verb}\` on rolloutruns.sluice.dev.

Example:
  sluice ${example} -n shop
`,
    )
    .action(async (name: string, ...rest: unknown[]) => {
      const step = NAMES_STEP.includes(verb) ? (rest[0] as string | undefined) : undefined;
      const flags = rest[NAMES_STEP.includes(verb) ? 1 : 0] as VerbFlags;
      const { tellRun } = await import("./tell-run.ts");
      await tellRun({ verb, name, step, flags });
    });
}
