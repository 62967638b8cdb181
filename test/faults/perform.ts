import { ref, rolloutObject, type House } from "../../src/controller/fixture.test-helper.ts";
import { rolloutRuns, rollouts } from "../../src/controller/resources.ts";
import type { JsonPatchOperation, KubeObject } from "../../src/kube/port.ts";
import { deployments } from "../../src/kube/resources.ts";
import { ApiError } from "../../src/kube/errors.ts";
import { destinationRules, virtualServices } from "../../src/sim/kinds.ts";
import { ANNOTATION_HELD_BY, LABEL_RUN } from "../../src/api/metadata.ts";
import { isFinal, type Phase } from "../../src/api/phase.ts";
import { setPolicy } from "./policies.ts";
import { deleteOwn, isNew } from "./remake.ts";
import { isBad } from "./runs.ts";
import { setSpec } from "./rollout-spec.ts";
import type { Action } from "./schedule.ts";
import { ROUTE, RULE, type Stage } from "./stage.ts";

/** What the user keeps in Git of the routing, and the edits beside the weights that they made by hand. */
export interface Git {
  route: KubeObject;
  rule: KubeObject | undefined;
}

export function gitOf(house: House): Git {
  const route = house.object(ROUTE);
  if (route === undefined) throw new Error("the shop has no route");
  return { route: structuredClone(route), rule: structuredClone(house.object(RULE)) };
}

/** As somebody writes it anew: without what a server added. */
export function asWritten(object: KubeObject): KubeObject {
  const { name, namespace, labels } = object.metadata;
  const { status: _, ...rest } = object;
  return {
    ...rest,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
    },
  };
}

interface Destination {
  destination: { subset?: string };
  weight?: number;
}

export function destinationsOf(route: KubeObject | undefined): Destination[] {
  return (route?.["spec"] as { http?: { route?: Destination[] }[] } | undefined)?.http?.[0]?.route ?? [];
}

/** Does one action. Those that last end by themselves. */
export async function perform(stage: Stage, git: Git, action: Action): Promise<void> {
  const { house, terms } = stage;
  const { alice, sim, clock } = house;
  const json = (operations: JsonPatchOperation[]) => ({ type: "json" as const, operations });
  switch (action.kind) {
    case "ship":
      if (isBad(action.tag) && isNew(house.object("deployments.apps"))) return;
      return stage.foreign(() => house.ship(action.tag));
    case "command":
      if (house.run() === undefined) return;
      return void (await house.command(action.verb, action.step).catch(() => {}));
    case "crash":
      return terms.crashAt(action.call, action.when, action.downMs);
    case "lateWrite":
      return terms.crashAt(action.call, { lateMs: action.lateMs }, action.downMs);
    case "apiFault":
      terms.setFault(action.fault, action.fraction);
      return void clock.after(action.forMs, () => terms.setFault(undefined, 0));
    case "breakWatches":
      return sim.breakWatches(action.how === "cut" ? new ApiError(0, "Network", "socket hang up") : undefined);
    case "delayWatches":
      stage.lateWatches = true;
      sim.setWatchDelay(action.delayMs);
      clock.after(action.forMs, () => sim.setWatchDelay(0));
      return void clock.after(action.forMs + action.delayMs, () => void (stage.lateWatches = false));
    case "prometheus":
      setPrometheus(stage, action.mode);
      return void clock.after(action.forMs, () => setPrometheus(stage, "up"));
    case "clockJump":
      return terms.jumpClock(action.byMs);
    case "editWeight":
      if (!isFenced(house) || destinationsOf(house.object(ROUTE)).length !== 2) return;
      return stage.foreign(
        () =>
          alice.patch(
            virtualServices,
            ref,
            json([
              { op: "replace", path: "/spec/http/0/route/0/weight", value: 100 - action.canary },
              { op: "replace", path: "/spec/http/0/route/1/weight", value: action.canary },
            ]),
          ),
        "routing",
      );
    case "editLabels":
      return editLabels(stage, action);
    case "editTimeout":
      git.route = withTimeout(git.route, action.seconds);
      return stage.foreign(() =>
        alice.patch(
          virtualServices,
          ref,
          json([{ op: "add", path: "/spec/http/0/timeout", value: `${action.seconds}s` }]),
        ),
      );
    case "revertRoute":
      return restoreFromGit(stage, git.route, virtualServices);
    case "deleteRoute":
      return stage.foreign(() => alice.delete(virtualServices, ref), "routing");
    case "revertRule":
      if (git.rule === undefined) return stage.foreign(() => alice.delete(destinationRules, ref), "routing");
      return restoreFromGit(stage, git.rule, destinationRules);
    case "deleteRule":
      if (git.rule !== undefined && !isFenced(house)) return;
      return stage.foreign(() => alice.delete(destinationRules, ref), "routing");
    case "resume":
      return resume(stage);
    case "scale":
      return stage.foreign(() =>
        alice.patch(deployments, ref, { type: "merge", patch: { spec: { replicas: action.replicas } } }),
      );
    case "load":
      return house.load(action.requestsPerSecond);
    case "deleteTwin":
      return stage.foreign(() => alice.delete(deployments, { ...ref, name: newestTwin(house) }), "pods");
    case "scaleTwin":
      return stage.foreign(
        () =>
          alice.patch(
            deployments,
            { ...ref, name: newestTwin(house) },
            { type: "merge", patch: { spec: { replicas: action.replicas } } },
          ),
        "pods",
      );
    case "unready":
      return makeUnready(stage, action.forMs);
    case "suspend":
      if (house.object("rollouts.sluice.dev") === undefined) return;
      return house.editRollout((spec) => void (spec["suspend"] = action.on)).catch(() => {});
    case "editSpec":
      return setSpec(house, action.becomes);
    case "policy":
      return setPolicy(house, action.becomes);
    case "deleteOwn":
      return deleteOwn(stage, action.policy, action.againAfterMs);
    case "deleteRun": {
      const run = house.run();
      if (run === undefined) return;
      return alice
        .delete(rolloutRuns, { ...ref, name: run.name }, { propagationPolicy: action.policy })
        .catch(() => {});
    }
    case "deleteRollout": {
      await alice.delete(rollouts, ref, { propagationPolicy: action.policy }).catch(() => {});
      if (action.againAfterMs === undefined) return;
      return stage.later(action.againAfterMs, () => {
        alice.create(rollouts, rolloutObject()).catch(() => {});
      });
    }
  }
}

/** A run works with route and rule: what is done to them at rest is their user's own wish, and stays. */
function isFenced(house: House): boolean {
  const { phase = "Promoted", asFound } = house.run()?.status ?? {};
  return !isFinal(phase) && asFound !== undefined;
}

const SERVICE = { app: "checkout" };
const ENDING: readonly Phase[] = ["Joining", "Releasing", "Draining"];

/** The run is about to end, and has given the subset back: it is their user's own again. */
function isPutBack(house: House, labels: object | undefined): boolean {
  return ENDING.includes(house.phase() ?? "Promoted") && JSON.stringify(labels) === JSON.stringify(SERVICE);
}

function setPrometheus(stage: Stage, mode: Parameters<House["sim"]["prometheus"]["setMode"]>[0]): void {
  stage.prometheusMode = mode;
  stage.house.sim.prometheus.setMode(mode, 4_000);
}

/** The Deployment that carries a candidate, or users who are still on one. */
function newestTwin(house: House): string {
  const run = house.run();
  return run === undefined ? "none" : run.spec.to.workload;
}

async function editLabels(stage: Stage, action: Extract<Action, { kind: "editLabels" }>): Promise<void> {
  const { house } = stage;
  if (!isFenced(house)) return;
  const found = house.object(RULE);
  const subsets = (found?.["spec"] as { subsets?: { name: string; labels: object }[] } | undefined)?.subsets ?? [];
  const index = subsets.findIndex(({ name }) => name === action.subset);
  if (index < 0 || isPutBack(house, subsets[index]?.labels)) return;
  const value: Record<string, string> = action.labels === "service" ? { ...SERVICE } : { app: "nobody" };
  const path = `/spec/subsets/${index}/labels`;
  const operations: JsonPatchOperation[] = [{ op: "replace", path, value }];
  await stage.foreign(() => house.alice.patch(destinationRules, ref, { type: "json", operations }), "routing");
}

/** As `kubectl replace --force` or a GitOps tool that knows no better: the object as Git has it, made anew where it is gone. */
async function restoreFromGit(stage: Stage, wanted: KubeObject, resource: typeof virtualServices): Promise<void> {
  const { house } = stage;
  const found = house.object(resource === virtualServices ? ROUTE : RULE);
  if (found === undefined) return stage.foreign(() => house.alice.create(resource, asWritten(wanted)), "routing");
  const metadata = { ...found.metadata };
  await stage.foreign(() => house.alice.replace(resource, { ...asWritten(wanted), metadata }), "routing");
}

function withTimeout(route: KubeObject, seconds: number): KubeObject {
  const next = structuredClone(route);
  const [http] = (next["spec"] as { http: { timeout?: string }[] }).http;
  if (http !== undefined) http.timeout = `${seconds}s`;
  return next;
}

/** A policy keeps the hold; without one, whoever resumes a protected Deployment brings its template in until it is paused again. */
async function resume(stage: Stage): Promise<void> {
  const { house, setting } = stage;
  const own = house.object("deployments.apps");
  if ((own?.["spec"] as { paused?: boolean } | undefined)?.paused !== true) return;
  const breaks = setting.hold === "none" && own?.metadata.annotations?.[ANNOTATION_HELD_BY] !== undefined;
  const write = () => house.alice.patch(deployments, ref, { type: "merge", patch: { spec: { paused: null } } });
  await stage.foreign(write, breaks ? "hold" : undefined);
}

/** One ready pod of the service fails its probe for a while. */
function makeUnready(stage: Stage, forMs: number): void {
  const { sim } = stage.house;
  const pod = sim.store.list("pods", "shop").find(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (pod === undefined) return;
  const selector = { namespace: "shop", name: pod.metadata.name };
  // A step's twin may have no other pod to answer its share.
  if (LABEL_RUN in (pod.metadata.labels ?? {})) stage.harm("pods");
  sim.kubelet.setReady(selector, false);
  stage.later(forMs, () => sim.kubelet.setReady(selector, true));
}

/** Ends everything that goes wrong by itself, and puts back what a user's Git would put back. */
export async function calm(stage: Stage, git: Git): Promise<void> {
  const { house, terms } = stage;
  terms.calm();
  house.sim.setWatchDelay(0);
  stage.lateWatches = false;
  setPrometheus(stage, "up");
  setSpec(house, "asWas");
  if (house.object(ROUTE) === undefined) await restoreFromGit(stage, git.route, virtualServices);
  if (git.rule !== undefined && house.object(RULE) === undefined)
    await restoreFromGit(stage, git.rule, destinationRules);
}
