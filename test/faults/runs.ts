import { isFinal, type Phase } from "../../src/api/phase.ts";
import type { RunSpec, RunStatus } from "../../src/api/run.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import { behaviourOfTag, imageTag } from "../../src/sim/behaviour.ts";
import type { Sim } from "../../src/sim/sim.ts";

/** A run as its object says at this moment. */
export interface RunSeen {
  name: string;
  /** Names come again when a Rollout was deleted and made anew. */
  uid: string;
  spec: RunSpec;
  status: Partial<RunStatus> & { phase: Phase };
  /** The image tag of the revision that it brings. */
  tag: string;
}

/** Follows the runs as they are written, which is before anything rests on them. */
export interface Runs {
  get(name: string): RunSeen | undefined;
  /** The newest one, ended or not. */
  newest(): RunSeen | undefined;
  active(): RunSeen | undefined;
  /** All that are there and have not ended: more than one are a mistake. */
  underWay(): readonly RunSeen[];
  onWrite(listener: (run: RunSeen, before: RunSeen | undefined) => void): void;
}

interface Template {
  template?: { spec?: { containers?: { image?: string }[] } };
}

export function tagOf(object: KubeObject | undefined, path: "template" | "spec"): string {
  const holder = (path === "spec" ? object?.["spec"] : object) as Template | undefined;
  return imageTag(holder?.template?.spec?.containers?.[0]?.image);
}

export function followRuns(sim: Sim): Runs {
  const known = new Map<string, RunSeen>();
  const there = new Set<string>();
  const tags = new Map<string, string>();
  const listeners: ((run: RunSeen, before: RunSeen | undefined) => void)[] = [];
  let newestName = "";
  sim.store.onChange("podtemplates", ({ object }) => {
    tags.set(object.metadata.name, tagOf(object, "template"));
  });
  sim.store.onChange("rolloutruns.sluice.dev", ({ type, object }) => {
    const { name } = object.metadata;
    if (type === "DELETED") return void there.delete(name);
    there.add(name);
    const spec = object["spec"] as unknown as RunSpec;
    const status = { phase: "Preflight" as const, ...(object["status"] as object | undefined) };
    const before = type === "ADDED" ? undefined : known.get(name);
    // A candidate's PodTemplate may come after its run: the Deployment has its template until then.
    const own = tagOf(sim.store.get("deployments.apps", { namespace: "shop", name: "checkout" }), "spec");
    const run: RunSeen = {
      name,
      uid: object.metadata.uid ?? "",
      spec,
      status,
      tag: tags.get(spec.to.revision) ?? before?.tag ?? own,
    };
    known.set(name, run);
    if (type === "ADDED") newestName = name;
    for (const listener of listeners) listener(run, before);
  });
  const underWay = () => [...known.values()].filter(({ name, status }) => there.has(name) && !isFinal(status.phase));
  return {
    get: (name) => known.get(name),
    newest: () => known.get(newestName),
    active: () => underWay()[0],
    underWay,
    onWrite: (listener) => void listeners.push(listener),
  };
}

export function isBad(tag: string): boolean {
  return Object.keys(behaviourOfTag(tag)).length > 0;
}
