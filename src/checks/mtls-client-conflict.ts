import { defineCheck, type Problem } from "./define.ts";
import { peerModes } from "./peer-mtls.ts";
import { asText, at } from "./raw.ts";
import { type TrafficPolicy, trafficPolicies } from "./traffic-policies.ts";

/** What callers do that is not the mesh's own TLS. */
const NOT_MUTUAL = ["DISABLE", "SIMPLE", "MUTUAL"];

export const mtlsClientConflict = defineCheck(
  {
    id: "mtls-client-conflict",
    number: 17,
    title: "Callers speak to the pods as the pods' PeerAuthentication asks them to.",
    severity: "fail",
    reason:
      "A pod that asks for the mesh's mutual TLS resets a connection without it, and one that does not know TLS understands none: every request ends with 503, whatever the version.",
    remedy: "Leave tls out of the DestinationRule, and the mesh finds out itself, or set mode: ISTIO_MUTUAL.",
  },
  (world) => {
    if (world.peerAuthentications === undefined) return [];
    const policies = trafficPolicies(world);
    const modes = peerModes(world);
    return policies.flatMap((policy): Problem[] => {
      const mode = asText(at(policy.policy, "tls", "mode"));
      const place = { kind: "DestinationRule", key: policy.key, path: `${policy.path}.tls.mode` };
      if (mode === undefined) return forgotten(policy, policies, modes[0]?.peer.mode);
      const met = modes.filter(({ port }) => port === undefined || isFor(policy, port, policies));
      const broken = met.find(
        ({ peer }) =>
          (peer.mode === "STRICT" && NOT_MUTUAL.includes(mode)) || (peer.mode === "DISABLE" && mode === "ISTIO_MUTUAL"),
      );
      if (broken === undefined) return [];
      const where = broken.port === undefined ? "" : ` on port ${broken.port}`;
      return [
        {
          message: `DestinationRule ${policy.key} ${policy.path}.tls.mode is ${mode}, but the pods ask for ${broken.peer.mode}${where} (${broken.peer.said}).`,
          ...(broken.peer.mode === "DISABLE"
            ? { remedy: "Set mode: DISABLE, or let the PeerAuthentication ask for PERMISSIVE or STRICT." }
            : {}),
          place,
        },
      ];
    });
  },
);

/** What a policy says of all ports counts for those that have none of their own. */
function isFor(policy: TrafficPolicy, port: number, all: readonly TrafficPolicy[]): boolean {
  if (policy.port !== undefined) return policy.port === port;
  return !all.some((each) => each.key === policy.key && each.subset === policy.subset && each.port === port);
}

/** A port's settings take the place of all others, also of the TLS that they do not speak of. */
function forgotten(policy: TrafficPolicy, all: readonly TrafficPolicy[], peerMode: string | undefined): Problem[] {
  if (policy.port === undefined || peerMode !== "STRICT") return [];
  const wider = all.find(
    (each) =>
      each.key === policy.key && each.port === undefined && asText(at(each.policy, "tls", "mode")) === "ISTIO_MUTUAL",
  );
  if (wider === undefined) return [];
  return [
    {
      severity: "warn",
      message: `DestinationRule ${policy.key} ${policy.path} says nothing of TLS, so ${wider.path}.tls does not count for port ${policy.port}: only a mesh that finds it out itself (enableAutoMtls) then speaks as the pods ask.`,
      remedy: "Repeat tls: {mode: ISTIO_MUTUAL} there.",
      place: { kind: "DestinationRule", key: policy.key, path: policy.path },
    },
  ];
}
