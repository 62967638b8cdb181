import { FIELD_MANAGER, FIELD_MANAGER_WITHDRAW } from "../api/metadata.ts";
import type { KubeObject } from "../kube/port.ts";
import type { Writer } from "./types.ts";

/** Who last wrote the http routes of a VirtualService. */
export function lastWriter(object: KubeObject | undefined): Writer {
  return newest(httpWriters(object));
}

/** Field managers of tools that bring a cluster back to what Git says: they lower a weight without meaning anything by it. */
const GITOPS_MANAGERS: readonly string[] = [
  "argocd-controller",
  "argocd-application-controller",
  "kustomize-controller",
  "helm-controller",
];

/** The newest write of a GitOps tool; undefined when there is none, or when anybody but such a tool and us wrote a route last. */
export function gitOpsWriter(writers: readonly Writer[]): Writer | undefined {
  const tools = writers.filter(({ manager }) => GITOPS_MANAGERS.includes(manager));
  const others = writers.some((writer) => !tools.includes(writer) && writer.manager !== FIELD_MANAGER);
  return tools.length === 0 || others ? undefined : newest(tools);
}

/** The entries of managedFields that own the http routes. Each still holds the value that is there: who is overwritten loses it. */
function httpWriters(object: KubeObject | undefined): Writer[] {
  return writersOf(object, "f:http");
}

/** Who, other than Sluice, last wrote the subsets of a DestinationRule, and was not written over since. */
export function subsetsWriter(rule: KubeObject | undefined): Writer | undefined {
  const others = writersOf(rule, "f:subsets").filter(
    ({ manager }) => manager !== FIELD_MANAGER && manager !== FIELD_MANAGER_WITHDRAW,
  );
  return others.length === 0 ? undefined : newest(others);
}

function writersOf(object: KubeObject | undefined, field: string): Writer[] {
  return (object?.metadata.managedFields ?? []).flatMap(({ manager = "", time = "", fieldsV1 }) => {
    const spec = (fieldsV1 as { "f:spec"?: Record<string, unknown> } | undefined)?.["f:spec"];
    return spec !== undefined && field in spec ? [{ manager, time }] : [];
  });
}

function newest(writers: readonly Writer[]): Writer {
  return writers.reduce((last, each) => (each.time >= last.time ? each : last), { manager: "", time: "" });
}

/** When `sluice-withdraw` wrote http routes that are still as it left them; undefined when there are none. */
export function withdrawnAt(objects: readonly (KubeObject | undefined)[]): string | undefined {
  const entries = objects.flatMap(httpWriters).filter(({ manager }) => manager === FIELD_MANAGER_WITHDRAW);
  return entries.length === 0 ? undefined : newest(entries).time;
}
