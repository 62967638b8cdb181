import { istioProblems } from "./istio/object.ts";
import { keyOf } from "./raw.ts";
import type { ObjectCheck } from "./types.ts";

const head = {
  id: "istio-object",
  number: 43,
  title: "Istio takes every VirtualService, DestinationRule, Gateway, AuthorizationPolicy and PeerAuthentication.",
  severity: "fail" as const,
  reason:
    "What its schemas or its webhook refuse is not applied: the routes or rights stay those of before, while Git says otherwise. A field that does not exist is dropped in silence by tools that do not ask for strict validation.",
  remedy: "Correct the field; https://istio.io/latest/docs/reference/config/ has all of them.",
};

/** Answered by the object alone, so that it is looked at whether a Rollout touches it or not. */
export const istioObject: ObjectCheck = {
  ...head,
  run: (object) =>
    istioProblems(object).map(({ path, message }) => ({
      id: head.id,
      severity: head.severity,
      message: `${object.kind} ${keyOf(object)} ${path}: ${message}.`,
      reason: head.reason,
      remedy: head.remedy,
      place: { kind: object.kind, key: keyOf(object), path },
    })),
};
