import type { KubeObject } from "../kube/port.ts";

/** A Pod in a word or two, for whoever watches. */
export interface PodStanding {
  name: string;
  ready: boolean;
  /** The node of one that is ready; else why it is not. */
  detail: string;
}

interface ContainerStatus {
  restartCount?: number;
  state?: { waiting?: { reason?: string }; terminated?: { reason?: string; exitCode?: number } };
}

interface PodStatus {
  phase?: string;
  reason?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
}

/** What a Pod waits in while nothing is wrong: said only when there is nothing better to say. */
const STARTING = ["ContainerCreating", "PodInitializing"];

/** How a Pod stands, by its status as the API server has it. */
export function podStanding(pod: KubeObject): PodStanding {
  const status = (pod["status"] ?? {}) as PodStatus;
  const { name, deletionTimestamp } = pod.metadata;
  if (deletionTimestamp !== undefined) return { name, ready: false, detail: "Terminating" };
  if (condition(status, "Ready")?.status === "True") return { name, ready: true, detail: nodeOf(pod) };
  return { name, ready: false, detail: whyNot(status) };
}

function nodeOf(pod: KubeObject): string {
  return (pod["spec"] as { nodeName?: string } | undefined)?.nodeName ?? "";
}

function condition({ conditions = [] }: PodStatus, type: string) {
  return conditions.find((each) => each.type === type);
}

function whyNot(status: PodStatus): string {
  const scheduled = condition(status, "PodScheduled");
  if (scheduled?.status === "False") return `${scheduled.reason ?? "not scheduled"}: ${scheduled.message ?? ""}`;
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const reasons = all.flatMap(({ state }) => reasonOf(state) ?? []);
  const reason = reasons.find((each) => !STARTING.includes(each)) ?? reasons[0];
  const restarts = all.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  const again = restarts === 0 ? "" : `, ${restarts} ${restarts === 1 ? "restart" : "restarts"}`;
  return `${reason ?? status.reason ?? unready(status)}${again}`;
}

/** An init container that ended well is no reason. */
function reasonOf({ waiting, terminated }: ContainerStatus["state"] = {}): string | undefined {
  if (terminated !== undefined && terminated.exitCode !== 0) return terminated.reason ?? `exit ${terminated.exitCode}`;
  return waiting?.reason;
}

function unready(status: PodStatus): string {
  if (status.phase === "Pending" || status.phase === undefined) return "Pending";
  return condition(status, "ContainersReady")?.status === "True" ? "waits for a readiness gate" : "not ready";
}
