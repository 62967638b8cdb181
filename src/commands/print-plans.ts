import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { formatYamlProblem, readRollouts } from "../api/yaml.ts";
import { systemClock } from "../clock.ts";
import { compilePlan } from "../engine/plan.ts";
import { rfc3339 } from "../engine/memory.ts";
import { forecast } from "../report/forecast.ts";
import { ending, planValues, stepRows, stepSource, type PlannedRollout } from "../report/plan-page.ts";
import { CommandFailure, EXIT, usage } from "./failure.ts";
import type { PlanFlags } from "./plan.ts";
import { columns } from "./table.ts";

/** Prints the plan of every Rollout in the files. @throws CommandFailure */
export async function printPlans(flags: PlanFlags): Promise<void> {
  const nowMs = flags.at ?? systemClock.now();
  const found = await Promise.all(flags.filename.map((file) => plansIn(file, nowMs)));
  const problems = found.flatMap((each) => each.problems);
  if (problems.length > 0) throw new CommandFailure(`the files are not right:\n${problems.join("\n")}`);
  const rollouts = found.flatMap((each) => each.rollouts);
  if (rollouts.length === 0) throw new CommandFailure(`there is no Rollout in ${flags.filename.join(", ")}`);
  process.stdout.write(flags.output === "json" ? json(rollouts) : rollouts.map((each) => page(each, flags)).join("\n"));
  if (rollouts.some((each) => each.forecast.promotedMs === undefined)) throw new CommandFailure("", EXIT.failed);
}

async function plansIn(file: string, nowMs: number): Promise<{ rollouts: PlannedRollout[]; problems: string[] }> {
  const { rollouts, problems } = readRollouts(await contentOf(file), file);
  return {
    problems: problems.map(formatYamlProblem),
    rollouts: rollouts.map(({ name, namespace = "default", line, written, spec }) => {
      const plan = compilePlan(spec);
      return { name, namespace, place: `${file}:${line}`, written, spec, plan, forecast: forecast(plan, nowMs) };
    }),
  };
}

async function contentOf(file: string): Promise<string> {
  if (file === "-") return text(process.stdin);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw usage(`${file} cannot be read: ${(error as Error).message}`);
  }
}

function page(rollout: PlannedRollout, { users }: PlanFlags): string {
  const lines = [
    `Rollout ${rollout.name} in namespace ${rollout.namespace} (${rollout.place})`,
    "",
    ...columns(stepRows(rollout, users)),
    "",
    ending(rollout),
    "",
    ...columns([["VALUE", "", "FROM"], ...planValues(rollout)]),
  ];
  return `${lines.join("\n")}\n`;
}

const time = (ms: number | undefined) => (ms === undefined ? null : rfc3339(ms));

function json(rollouts: readonly PlannedRollout[]): string {
  const all = rollouts.map((rollout) => {
    const { name, namespace, place, plan, forecast: expected } = rollout;
    return {
      name,
      namespace,
      place,
      plan,
      from: {
        steps: stepSource(rollout, false),
        promotion: stepSource(rollout, true),
        ...Object.fromEntries(planValues(rollout).map(([what, , from]) => [what, from])),
      },
      forecast: {
        steps: expected.steps.map(({ beginsMs, ...step }) => ({ ...step, beginsAt: time(beginsMs) })),
        promotedAt: time(expected.promotedMs),
        ...(expected.takenBack === undefined
          ? {}
          : { takenBack: { at: time(expected.takenBack.atMs), message: expected.takenBack.message } }),
      },
    };
  });
  return `${JSON.stringify(all, null, 2)}\n`;
}
