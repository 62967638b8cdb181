import { defineCheck } from "./define.ts";
import { COVER_REMEDY, leavesOut } from "./policy-covers-candidate.ts";

export const peerAuthParity = defineCheck(
  {
    id: "peerauth-parity",
    number: 16,
    title: "The PeerAuthentications of the workload are for the candidate's pods as well.",
    severity: "fail",
    reason:
      "A PeerAuthentication that selects one version leaves the next one out: its pods take callers without mutual TLS, or refuse those that the live ones take.",
    remedy: COVER_REMEDY,
  },
  (world) => leavesOut(world, world.peerAuthentications),
);
