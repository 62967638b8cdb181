import { defineObjectCheck } from "./define.ts";
import { istioProblems } from "./istio/object.ts";

/** Answered by the object alone, so that it is looked at whether a Rollout touches it or not. */
export const istioObject = defineObjectCheck(
  {
    id: "istio-object",
    number: 43,
    title: "Istio takes every VirtualService, DestinationRule, Gateway, AuthorizationPolicy and PeerAuthentication.",
    severity: "fail",
    reason:
      "What its schemas or its webhook refuse is not applied: the routes or rights stay those of before, while Git says otherwise. A field that does not exist is dropped in silence by tools that do not ask for strict validation.",
    remedy: "Correct the field; https://istio.io/latest/docs/reference/config/ has all of them.",
  },
  istioProblems,
);
