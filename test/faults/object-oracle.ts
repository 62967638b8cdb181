import { isFinal, type Phase } from "../../src/api/phase.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import { destinationsOf } from "./perform.ts";
import { isBad, type Runs, type RunSeen } from "./runs.ts";
import { ROUTE, RULE, type Stage } from "./stage.ts";
import { isRunaway } from "./terms.ts";
import type { Verdicts } from "./verdicts.ts";

const GOING_DOWN: readonly Phase[] = ["Withdrawing", "Draining", "RolledBack", "Aborted", "Superseded"];
const PASSED: readonly Phase[] = ["SwappingLabels", "SwappingWeight", "Keeping", "Converging", "Joining", "Promoted"];
const MOST_WRITES_A_MINUTE = 1_500;

/** What may be written: promises 1 to 5 of docs/safety.md, on every write. */
export function watchObjects(stage: Stage, runs: Runs, verdicts: Verdicts): void {
  const { house, terms } = stage;
  const { sim, clock } = house;
  /** Runs, each with its epoch, whose users were taken away. */
  const withdrawn = new Set<string>();
  /** When each run wrote its present `appliedAt`, on the cluster's clock: the controller's own may be set. */
  const appliedMs = new Map<string, number>();
  let givingMs = 0;
  let weight = 0;

  const epochOf = ({ uid, status }: RunSeen) => `${uid} ${status.epoch ?? 0}`;

  sim.store.onChange(ROUTE, ({ type, object, previous }) => {
    const now = type === "DELETED" ? 0 : canaryWeight(object);
    const before = weight;
    weight = now;
    if (stage.isForeign() || type === "DELETED") return;
    keepsForeign(foreignOfRoute(previous), foreignOfRoute(object), "VirtualService");
    if (now <= before) return;
    const run = runs.active();
    if (run === undefined) {
      // Git's own resting split, put back.
      if (now > 0) verdicts.broken("I2", `a weight of ${now} was written with no run under way`);
      return;
    }
    // Put back as it was found, once there is no candidate that it could reach.
    const resting = run.status.asFound?.routes.some((route) => route.weight === now) === true;
    if (resting && house.object("deployments.apps", run.spec.to.workload) === undefined) return;
    const step = run.spec.plan.steps[run.status.step ?? 0];
    // Sent in Shifting, and carried out when users had been taken away from a weight that the route never had: put right as any drift.
    if (step !== undefined && now <= step.weight && terms.mayComeLate()) return;
    if (run.status.phase !== "Shifting" || step === undefined || now > step.weight)
      verdicts.broken(
        "I2",
        `weight ${now} was written in ${run.status.phase}, step ${step?.name} of ${step?.weight} %`,
      );
    if (!terms.isCurrent(run.status.writer ?? ""))
      verdicts.broken("I5", `the weight rose to ${now} on what ${run.status.writer} remembered, another process`);
    if (withdrawn.has(epochOf(run)))
      verdicts.broken("I1", `the weight rose to ${now} after a withdrawal in the same epoch`);
  });

  sim.store.onChange(RULE, ({ type, object, previous }) => {
    if (stage.isForeign() || type !== "MODIFIED") return;
    keepsForeign(foreignOfRule(previous), foreignOfRule(object), "DestinationRule");
  });

  sim.store.onChange("deployments.apps", ({ type, object, previous }) => {
    if (stage.isForeign() || type !== "MODIFIED" || object.metadata.name !== "checkout") return;
    keepsForeign(foreignOfDeployment(previous), foreignOfDeployment(object), "Deployment");
  });

  function keepsForeign(before: string, now: string, kind: string): void {
    if (before !== now) verdicts.broken("I4", `a foreign field of the ${kind} was changed: ${before} became ${now}`);
  }

  runs.onWrite((run, before) => {
    const { phase, pause } = run.status;
    const names = runs.underWay().map(({ name }) => name);
    if (names.length > 1) verdicts.broken("I5", `${names.join(" and ")} are under way at once`);
    if (GOING_DOWN.includes(phase) || (phase === "Paused" && pause?.withdrawn === true)) withdrawn.add(epochOf(run));
    const enters = (to: Phase) => phase === to && before?.status.phase !== to;
    if (before !== undefined && isFinal(before.status.phase) && before.status.phase !== phase && phase !== "Releasing")
      verdicts.broken("I5", `${run.name} had ended ${before.status.phase} and became ${phase}`);
    if (run.spec.reason === "Converge") return;
    if (PASSED.includes(phase) && isBad(run.tag))
      verdicts.broken("I3", `${run.tag} is bad, and its run got to ${phase}`);
    if (enters("SwappingLabels")) mayPromote(run);
    if (run.status.appliedAt !== before?.status.appliedAt) appliedMs.set(run.uid, clock.now());
  });

  /** Every step has passed, or a person has said that it need not. */
  function mayPromote({ name, uid, spec, status }: RunSeen): void {
    const events = (status.transitions ?? []).map(({ event }) => event);
    const gone = events.filter((event) => event === "stepPassed" || event === "skip").length;
    if (gone < spec.plan.steps.length - 1 && !events.includes("promote"))
      verdicts.broken("I3", `${name} is promoted after ${gone} of ${spec.plan.steps.length - 1} steps`);
    if (givingMs < (appliedMs.get(uid) ?? 0) - 10_000)
      verdicts.broken("I3", `${name} is promoted though Prometheus gave nothing`);
  }

  let writesAMinuteAgo = terms.writes();
  let slices = 0;
  stage.onSlice(() => {
    if (stage.prometheusMode === "up" || stage.prometheusMode === "slow") givingMs = clock.now();
    if (isRunaway(terms)) verdicts.broken("I5", "writes without end, at one and the same moment");
    slices += 1;
    if (slices % 600 !== 0) return;
    const written = terms.writes() - writesAMinuteAgo;
    writesAMinuteAgo = terms.writes();
    if (stage.health.wellForMs() >= 60_000 && written > MOST_WRITES_A_MINUTE)
      verdicts.broken("I5", `${written} writes in a minute`);
  });
}

function canaryWeight(route: KubeObject): number {
  return destinationsOf(route).find(({ destination }) => destination.subset === "canary")?.weight ?? 0;
}

interface RouteSpec {
  http?: Record<string, unknown>[];
}

/** Everything that is not Sluice's to change: all but destinations' subsets and weights. */
function foreignOfRoute(route: KubeObject | undefined): string {
  const spec = route?.["spec"] as RouteSpec | undefined;
  const http = spec?.http?.map((entry) => ({ ...entry, route: "" }));
  return JSON.stringify([foreignMetadata(route), { ...spec, http }]);
}

function foreignOfRule(rule: KubeObject | undefined): string {
  const spec = rule?.["spec"] as { subsets?: { name: string }[] } | undefined;
  const subsets = spec?.subsets?.filter(({ name }) => name !== "stable" && name !== "canary") ?? [];
  return JSON.stringify([foreignMetadata(rule), { ...spec, subsets }]);
}

function foreignOfDeployment(deployment: KubeObject | undefined): string {
  const { paused: _, ...spec } = (deployment?.["spec"] ?? {}) as Record<string, unknown>;
  return JSON.stringify([foreignMetadata(deployment), spec]);
}

function foreignMetadata(object: KubeObject | undefined): unknown {
  const { labels = {}, annotations = {}, ownerReferences = [], finalizers = [] } = object?.metadata ?? {};
  const { "sluice.dev/rollout": _, "deployment.kubernetes.io/revision": __, ...kept } = annotations;
  return { labels, kept, ownerReferences, finalizers };
}
