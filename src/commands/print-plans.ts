import { formatYamlProblem, readRolloutFiles, type YamlRollout } from "../api/yaml.ts";
import { systemClock } from "../clock.ts";
import { compilePlan } from "../engine/plan.ts";
import { rfc3339 } from "../engine/memory.ts";
import { forecast } from "../report/forecast.ts";
import { ending, planValues, stepRows, type PlannedRollout } from "../report/plan-page.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import { readManifestFiles } from "./manifest-files.ts";
import type { PlanFlags } from "./plan.ts";
import { columns } from "./table.ts";

/** Prints the plan of every Rollout in the files. @throws CommandFailure */
export async function printPlans(flags: PlanFlags): Promise<void> {
  const nowMs = flags.at ?? systemClock.now();
  const sources = await readManifestFiles(flags.filename);
  const { rollouts: read, problems } = readRolloutFiles(sources);
  const missing = read.flatMap(({ missingPolicy }) => missingPolicy ?? []);
  const wrong = [
    ...problems.map(formatYamlProblem),
    ...missing.map(
      (problem) => `${formatYamlProblem(problem)}. If it is there already, give its file as well: -f takes several.`,
    ),
  ];
  if (wrong.length > 0) throw new CommandFailure(`the files are not right:\n${wrong.join("\n")}`);
  if (read.length === 0) throw new CommandFailure(`there is no Rollout in ${flags.filename.join(", ")}`);
  const rollouts = read.map((rollout) => planned(rollout, nowMs));
  process.stdout.write(flags.output === "json" ? json(rollouts) : rollouts.map((each) => page(each, flags)).join("\n"));
  if (rollouts.some((each) => each.forecast.promotedMs === undefined)) throw new CommandFailure("", EXIT.failed);
}

function planned(
  { name, namespace, file, line, effective, labelsUnknown }: YamlRollout,
  nowMs: number,
): PlannedRollout {
  const plan = compilePlan(effective);
  const { policies } = effective;
  const place = `${file}:${line}`;
  return { name, namespace, place, policies, labelsUnknown, plan, forecast: forecast(plan, nowMs) };
}

function page(rollout: PlannedRollout, { users }: PlanFlags): string {
  const lines = [
    `Rollout ${rollout.name} in namespace ${rollout.namespace} (${rollout.place})`,
    ...(rollout.policies.length === 0 ? [] : [`Policies, the last one on top: ${rollout.policies.join(", ")}`]),
    ...(rollout.labelsUnknown ? [unlabelled(rollout.namespace)] : []),
    "",
    ...columns(stepRows(rollout, users)),
    "",
    ending(rollout),
    "",
    ...columns([["VALUE", "", "FROM"], ...planValues(rollout)]),
  ];
  return `${lines.join("\n")}\n`;
}

function unlabelled(namespace: string): string {
  return `Namespace ${namespace} is not in the files: it is taken to have no label that a ClusterRolloutPolicy could select it by.`;
}

const time = (ms: number | undefined) => (ms === undefined ? null : rfc3339(ms));

function json(rollouts: readonly PlannedRollout[]): string {
  const all = rollouts.map((rollout) => {
    const { name, namespace, place, policies, plan, forecast: expected } = rollout;
    return {
      name,
      namespace,
      place,
      policies,
      plan,
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
