import type { Phase } from "../../src/api/phase.ts";
import { sameLabels } from "../../src/engine/world.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import { imageTag } from "../../src/sim/behaviour.ts";
import { hasLabels } from "../../src/sim/selectors.ts";
import { isReady, type Pod } from "../../src/sim/workload-types.ts";
import { destinationsOf } from "./perform.ts";
import type { Runs } from "./runs.ts";
import { ROUTE, RULE, SLICE_MS, type Stage } from "./stage.ts";
import type { Verdicts } from "./verdicts.ts";

/** Going back is the one exception, also in the middle of the swap: onto the pods that users had before. */
const GOING_BACK: readonly Phase[] = ["Withdrawing", "Undoing", "Releasing"];

type Labels = Readonly<Record<string, string>>;

interface Subset {
  name: string;
  labels: Labels;
}

/** Which pods a subset may turn to while users are on it: promise 6 of docs/safety.md, on every write of the rule. */
export function watchSubsets(stage: Stage, runs: Runs, verdicts: Verdicts): void {
  const { house, setting } = stage;
  const { sim, clock } = house;
  const lagMs = setting.routesMs + SLICE_MS;
  /** Subsets with users by each version of the route, and until when proxies may go by it. */
  const routes: { carrying: ReadonlySet<string>; untilMs: number }[] = [
    { carrying: carrying(house.object(ROUTE)), untilMs: Number.POSITIVE_INFINITY },
  ];

  sim.store.onChange(ROUTE, ({ type, object }) => {
    const last = routes.at(-1);
    if (last !== undefined) last.untilMs = clock.now() + lagMs;
    while ((routes[0]?.untilMs ?? Number.POSITIVE_INFINITY) < clock.now()) routes.shift();
    routes.push({
      carrying: type === "DELETED" ? new Set() : carrying(object),
      untilMs: Number.POSITIVE_INFINITY,
    });
  });

  sim.store.onChange(RULE, ({ type, object, previous }) => {
    if (type !== "MODIFIED" || stage.isForeign() || stage.isHarmed("routing", "pods", "hold")) return;
    const run = runs.active();
    const phase = run?.status.phase ?? "Preflight";
    if (GOING_BACK.includes(phase)) return;
    for (const { name, labels } of subsetsOf(object)) {
      const before = subsetsOf(previous).find((subset) => subset.name === name)?.labels;
      if (before === undefined || JSON.stringify(before) === JSON.stringify(labels)) continue;
      // Taken back in the swap, before the status says so: the weight was written in the same moment, and may be there first.
      const isOld = run !== undefined && sameLabels(labels, run.spec.from.podLabels);
      if (phase === "SwappingLabels" && name === "stable" && isOld) continue;
      if (!routes.some((route) => route.untilMs >= clock.now() && route.carrying.has(name))) continue;
      const had = versions(before);
      const gets = [...versions(labels)];
      if (had.size === 0) continue;
      if (gets.length === 0) verdicts.broken("I6", `${name} was left without a pod in ${phase}, with users on it`);
      const others = gets.filter((version) => !had.has(version));
      if (others.length > 0)
        verdicts.broken("I6", `${name} was turned to pods of ${others.join(", ")} in ${phase}, with users on it`);
    }
  });

  /** The versions of the Service's ready pods with these labels. */
  function versions(labels: Labels): Set<string> {
    const found = new Set<string>();
    for (const object of sim.store.each("pods", "shop")) {
      const pod = object as Pod;
      if (!isReady(pod) || pod.metadata.deletionTimestamp !== undefined) continue;
      if (hasLabels(pod.metadata.labels, { app: "checkout" }) && hasLabels(pod.metadata.labels, labels))
        found.add(imageTag(pod.spec.containers[0]?.image));
    }
    return found;
  }
}

function carrying(route: KubeObject | undefined): Set<string> {
  const destinations = destinationsOf(route);
  return new Set(
    destinations.flatMap(({ destination, weight }) =>
      destination.subset !== undefined && (destinations.length === 1 || (weight ?? 0) > 0) ? [destination.subset] : [],
    ),
  );
}

function subsetsOf(rule: KubeObject | undefined): Subset[] {
  return (rule?.["spec"] as { subsets?: Subset[] } | undefined)?.subsets ?? [];
}
