import { defineCheck } from "./define.ts";
import { COVER_REMEDY, leavesOut } from "./policy-covers-candidate.ts";

export const inboundAuthzCoversCanary = defineCheck(
  {
    id: "inbound-authz-covers-canary",
    number: 12,
    title: "The AuthorizationPolicies of the workload are for the candidate's pods as well.",
    severity: "fail",
    reason:
      "A policy that selects one version leaves the next one out: without an ALLOW policy its pods answer anybody, and without a DENY policy they answer those who are kept out elsewhere.",
    remedy: COVER_REMEDY,
  },
  (world) => leavesOut(world, world.authorizationPolicies),
);
