import type { KubeObject } from "../kube/port.ts";
import { managedService } from "./destination-rule.ts";
import { carries } from "./labels.ts";
import { asLabels, asNumber, asRecord, asRecords, asText, at, isOlder, keyOf } from "./raw.ts";
import type { CheckWorld } from "./types.ts";

/** What the workload's pods ask of callers. https://istio.io/latest/docs/reference/config/security/peer_authentication/ */

export interface PeerMode {
  mode: string;
  /** "PeerAuthentication shop/checkout spec.mtls.mode", or that nothing says so. */
  said: string;
}

const DEFAULT: PeerMode = { mode: "PERMISSIVE", said: "no PeerAuthentication" };

/** The Service's ports, with what the pods behind each ask; one without a number when the Service is not known. */
export function peerModes(world: CheckWorld): { port?: number; peer: PeerMode }[] {
  const [own, ...wider] = applying(world);
  const base = [own, ...wider].map(modeOf).find((each) => each !== undefined) ?? DEFAULT;
  const ofPorts = asRecord(at(own, "spec", "portLevelMtls"));
  const ports = asRecords(at(managedService(world), "spec", "ports")).flatMap((each) => {
    const port = asNumber(each["port"]);
    // A port of the pods that has only a name cannot be told from here.
    const target = each["targetPort"] ?? port;
    if (port === undefined || (typeof target === "string" && Object.keys(ofPorts).length > 0)) return [];
    const mode = asText(at(ofPorts[String(target)], "mode"));
    const said = own === undefined ? "" : `PeerAuthentication ${keyOf(own)} spec.portLevelMtls.${String(target)}.mode`;
    return [{ port, peer: mode === undefined || mode === "UNSET" ? base : { mode, said } }];
  });
  return ports.length > 0 || Object.keys(ofPorts).length > 0 ? ports : [{ peer: base }];
}

/** The workload's own, its namespace's and the mesh's: where several are of one kind, the oldest. */
function applying({
  rollout,
  workload,
  peerAuthentications = [],
  rootNamespace = "istio-system",
}: CheckWorld): (KubeObject | undefined)[] {
  const template = asLabels(at(workload, "spec", "template", "metadata", "labels"));
  const selectorOf = (each: KubeObject) => asLabels(at(each, "spec", "selector", "matchLabels"));
  const isWide = (each: KubeObject) => Object.keys(selectorOf(each)).length === 0;
  const oldest = (fits: (each: KubeObject) => boolean) =>
    peerAuthentications.filter(fits).toSorted((a, b) => (isOlder(a, b) ? -1 : 1))[0];
  const inNamespace = (each: KubeObject, namespace: string) => each.metadata.namespace === namespace;
  return [
    oldest((each) => inNamespace(each, rollout.namespace) && !isWide(each) && carries(template, selectorOf(each))),
    oldest((each) => inNamespace(each, rollout.namespace) && isWide(each)),
    oldest((each) => inNamespace(each, rootNamespace) && isWide(each)),
  ];
}

function modeOf(object: KubeObject | undefined): PeerMode | undefined {
  const mode = asText(at(object, "spec", "mtls", "mode"));
  if (object === undefined || mode === undefined || mode === "UNSET") return undefined;
  return { mode, said: `PeerAuthentication ${keyOf(object)} spec.mtls.mode` };
}
