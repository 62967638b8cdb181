import { type Phase, isFinal } from "../api/phase.ts";
import type { KubeObject } from "../kube/port.ts";
import { imageTag } from "../sim/behaviour.ts";
import type { Sim } from "../sim/sim.ts";

/** From this state on a run has users; and from these on the own Deployment's pods of its revision may have them too. */
const EXPOSING: readonly Phase[] = ["Shifting"];
const VETTED: readonly Phase[] = ["Joining", "Promoted"];

interface Template {
  template?: { spec?: { containers?: { image?: string }[] } };
}

/**
 * Watches every request for the promise that matters most: nobody meets a revision before its own run gives it a share (promise 2
 * of docs/architecture.md). Gives sentences, one for each kind of breaking it.
 */
export function watchVetting(sim: Sim, own: string, firstTag: string): () => string[] {
  const vetted = new Set([firstTag]);
  const exposed = new Set<string>();
  const ended = new Set<string>();
  const tags = new Map<string, string>();
  const broken = new Set<string>();
  sim.store.onChange("podtemplates", ({ object }) => {
    tags.set(object.metadata.name, imageTag((object as Template).template?.spec?.containers?.[0]?.image));
  });
  sim.store.onChange("rolloutruns.sluice.dev", ({ object }) => note(object));
  sim.users.onTraffic((traffic) => {
    for (const { workload, version } of traffic) {
      if (workload === "") continue;
      if (workload === own && !vetted.has(version)) broken.add(`the own Deployment served ${version}`);
      if (workload !== own && !exposed.has(workload)) broken.add(`${workload} served ${version} before its share`);
      if (workload !== own && ended.has(workload)) broken.add(`${workload} served ${version} after its end`);
    }
  });

  function note(run: KubeObject): void {
    const { name } = run.metadata;
    const status = run["status"] as
      | { phase?: Phase; liveOnTwin?: boolean; transitions?: { from: string }[] }
      | undefined;
    const phase = status?.phase ?? "Preflight";
    if (EXPOSING.includes(phase)) exposed.add(name);
    const converged = phase === "Releasing" && status?.transitions?.some(({ from }) => from === "Converging") === true;
    const to = (run["spec"] as { to: { revision: string } }).to.revision;
    if ((VETTED.includes(phase) && status?.liveOnTwin !== true) || converged) vetted.add(tags.get(to) ?? "");
    if (isFinal(phase) && status?.liveOnTwin !== true) ended.add(name);
  }

  return () => [...broken];
}
