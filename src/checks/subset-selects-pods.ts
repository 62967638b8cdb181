import { LABEL_RUN } from "../api/metadata.ts";
import { defineCheck, type Problem } from "./define.ts";
import { managedRuleKey, managedService, rulesFor, type Subset, subsetIn } from "./destination-rule.ts";
import { carries, formatLabels, type Labels, selects, yamlLabels } from "./labels.ts";
import { isSplitAtRest } from "./managed-routes.ts";
import { asLabels, at, keyOf, plural, sentenceList } from "./raw.ts";
import type { CheckWorld, PodFacts } from "./types.ts";
import { desiredReplicas, isOurTwin } from "./workload.ts";

export const subsetSelectsPods = defineCheck(
  {
    id: "subset-selects-pods",
    number: 8,
    title:
      "The Service selects the workload's pods and no others, and at rest both subsets select what the Service selects.",
    severity: "fail",
    reason:
      "A subset without pods answers 503; one whose labels belong to a version goes empty with the next one; and pods that only the Service knows lose their users when stable is narrowed.",
    remedy:
      "At rest give both subsets the Service's own selector as labels; Sluice narrows them for the length of a run.",
  },
  (world) => {
    const service = managedService(world);
    if (service === undefined || world.workload === undefined) return [];
    const selector = asLabels(at(service, "spec", "selector"));
    if (Object.keys(selector).length === 0) {
      return [
        {
          message: `Service ${keyOf(service)} has no spec.selector, so no pod of a candidate could ever be reached through it.`,
          remedy: `Give it one:\nspec:\n  selector: ${yamlLabels(asLabels(at(world.workload, "spec", "selector", "matchLabels")))}`,
        },
      ];
    }
    return [...podProblems(keyOf(service), selector, world), ...subsetProblems(selector, world)];
  },
);

function podProblems(service: string, selector: Labels, world: CheckWorld): Problem[] {
  const { workload, pods } = world;
  if (workload === undefined) return [];
  const template = asLabels(at(workload, "spec", "template", "metadata", "labels"));
  const problems: Problem[] = [];
  if (!carries(template, selector)) {
    problems.push({
      message: `Service ${service} selects ${formatLabels(selector)}, but the pods of Deployment ${keyOf(workload)} will be labelled ${formatLabels(template)} (spec.template.metadata.labels): the new version would get no requests.`,
      remedy: `Keep the Service's labels in the template:\nspec:\n  template:\n    metadata:\n      labels: ${yamlLabels({ ...template, ...selector })}`,
    });
  }
  const foreign = pods.filter((pod) => !isOurs(pod, world));
  if (foreign.length > 0) {
    problems.push({
      message: `Service ${service} (${formatLabels(selector)}) also selects ${plural(foreign.length, "pod")} not of Deployment ${keyOf(workload)}: ${some(foreign)}. Once stable is narrowed they get no more requests, and the others get theirs.`,
      remedy: `Narrow the Service's spec.selector to the labels of Deployment ${keyOf(workload)}, or take the other pods' labels away.`,
    });
  }
  if (desiredReplicas(world.liveTwin ?? workload) > 0 && !pods.some((pod) => pod.ready)) {
    problems.push({
      message: `Service ${service} (${formatLabels(selector)}) selects ${plural(pods.length, "pod")}, none of them ready: there is nothing that users could be kept on.`,
      remedy: "Bring the version that is live back to health first.",
    });
  }
  return problems;
}

function isOurs(pod: PodFacts, world: CheckWorld): boolean {
  const run = pod.labels[LABEL_RUN];
  const twins = world.deployments.filter((each) => isOurTwin(each, world));
  return (
    selects(at(world.workload, "spec", "selector"), pod.labels) || twins.some((twin) => twin.metadata.name === run)
  );
}

function subsetProblems(selector: Labels, world: CheckWorld): Problem[] {
  const { rollout } = world;
  if (!isSplitAtRest(rollout, world.virtualServices)) return [];
  const names = rollout.spec.traffic.istio?.subsets;
  const rules = rulesFor(world.destinationRules, rollout.namespace, rollout.serviceHost);
  const stable = subsetIn(rules, names?.stable ?? "");
  const canary = subsetIn(rules, names?.canary ?? "");
  return [
    ...(stable === undefined ? [] : staleProblems(stable, selector, world)),
    // Nobody is sent to canary at rest, so that it may go empty is only said (MACHINE rule 13).
    ...(canary === undefined ? [] : staleProblems(canary, selector, world)).map((problem) => ({
      ...problem,
      severity: "warn" as const,
      reason:
        "When Git reverts the rule and the route in the middle of a run, both subsets should be plain live traffic; a canary subset of its own would answer 503.",
    })),
  ];
}

/** A subset may ask for what the Service asks for, and for what the Deployment's immutable selector puts on each of its pods. */
function staleProblems(subset: Subset, selector: Labels, world: CheckWorld): Problem[] {
  const subsetName = `Subset ${subset.name} of DestinationRule ${managedRuleKey(world).key}`;
  const ready = world.pods.filter((pod) => pod.ready);
  const missed = ready.filter((pod) => !carries(pod.labels, subset.labels));
  const lasting = { ...asLabels(at(world.workload, "spec", "selector", "matchLabels")), ...selector };
  const leftOnTwin = world.liveTwin !== undefined && subset.labels[LABEL_RUN] === world.liveTwin.metadata.name;
  if (leftOnTwin) {
    return missed.length < ready.length
      ? []
      : [
          {
            message: `${subsetName} (${formatLabels(subset.labels)}) selects none of the Service's ${ready.length} ready pods.`,
          },
        ];
  }
  const passing = Object.entries(subset.labels).filter(([key, value]) => lasting[key] !== value);
  if (passing.length === 0) return [];
  const labels = formatLabels(Object.fromEntries(passing));
  return [
    {
      message:
        missed.length > 0
          ? `${subsetName} asks for ${labels}, which ${missed.length} of the Service's ${ready.length} ready pods do not carry: ${some(missed)}.`
          : `${subsetName} asks for ${labels}, which neither the Service nor the Deployment's selector asks for: the next version's pods need not carry it, and the subset would be empty.`,
      remedy: `Let it select at rest what the Service selects:\nspec:\n  subsets:\n    - {name: ${subset.name}, labels: ${yamlLabels(selector)}}`,
    },
  ];
}

function some(pods: readonly PodFacts[]): string {
  const names = pods.map((pod) => pod.name);
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : sentenceList(names);
}
