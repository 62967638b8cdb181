import type { AnalysisTarget, Track, View } from "./types.ts";

export type Labels = Readonly<Record<string, string>>;

/** Whose requests a sample counts, and what told so. */
export interface Attribution {
  track: Track;
  view: View;
  by: "workload" | "subset";
  /** Tells counters apart, the same in every reading. */
  series: string;
  /** The scrape target. */
  instance: string;
  /** The proxy behind the target, as far as the labels tell, and the scrape (job and target) that read it. Two scrapes of one proxy count everything twice. */
  proxy: string;
  scrape: string;
}

/**
 * Says to which track of `target` a sample with `labels` belongs; undefined when to neither, as requests to other versions
 * and requests that failed before a host was chosen.
 */
export function attribute(target: AnalysisTarget, labels: Labels): Attribution | undefined {
  const view = labels["reporter"];
  if (view !== "destination" && view !== "source") return undefined;
  if (labels["destination_service"] !== target.serviceHost) return undefined;
  const found = byWorkload(target, labels) ?? (view === "source" ? bySubset(target, labels) : undefined);
  if (found === undefined) return undefined;
  const instance = labels["instance"] ?? "";
  const namespace = labels["namespace"] ?? "";
  const pod = labels["pod"] ?? "";
  return {
    ...found,
    view,
    series: [view, instance, namespace, pod, found.by, found.track].join("|"),
    instance,
    proxy: namespace !== "" && pod !== "" ? `${namespace}/${pod}` : [instance, pod].join(" ").trim(),
    scrape: `${labels["job"] ?? ""} ${instance}`.trim(),
  };
}

function byWorkload(target: AnalysisTarget, labels: Labels): Pick<Attribution, "track" | "by"> | undefined {
  const workload = labels["destination_workload"];
  const namespace = labels["destination_workload_namespace"];
  if (namespace !== undefined && !isUnknown(namespace) && namespace !== target.namespace) return undefined;
  if (workload === target.canaryWorkload) return { track: "canary", by: "workload" };
  if (workload === target.stableWorkload) return { track: "stable", by: "workload" };
  return undefined;
}

/**
 * An Envoy that is scraped without Istio's stats filter knows no workloads: its clusters are named by subset, and the scrape
 * configuration puts that name into `destination_version`. With the filter the same label holds the pods' own version, so the
 * subset counts only where the workload is not known.
 */
function bySubset(target: AnalysisTarget, labels: Labels): Pick<Attribution, "track" | "by"> | undefined {
  if (!isUnknown(labels["destination_workload"])) return undefined;
  const version = labels["destination_version"];
  if (isUnknown(version)) return undefined;
  if (version === target.canarySubset) return { track: "canary", by: "subset" };
  if (version === target.stableSubset) return { track: "stable", by: "subset" };
  return undefined;
}

function isUnknown(label: string | undefined): boolean {
  return label === undefined || label === "" || label === "unknown";
}

/** gRPC statuses that are the server's failure; the HTTP code is 200 with any of them. */
const failedGrpcStatuses: ReadonlySet<string> = new Set(["1", "2", "4", "8", "12", "13", "14", "15"]);

/**
 * Whether requests with these labels are errors: 5xx or a failing gRPC status. Seen from the caller, code 0 is one too: no
 * response came; unless the caller's own client hung up (flag DC), which impatient users do to healthy versions as well. Seen from
 * the server it is a caller that went away.
 */
export function isError(labels: Labels, view: View): boolean {
  const code = labels["response_code"] ?? "";
  if (/^5\d\d$/.test(code)) return true;
  const hungUp = (labels["response_flags"] ?? "").split(",").includes("DC");
  if (code === "0" && view === "source" && !hungUp) return true;
  return failedGrpcStatuses.has(labels["grpc_response_status"] ?? "");
}
