import { ANNOTATION_HELD_BY, HOLD_POLICY } from "../api/metadata.ts";
import type { KubeObject } from "../kube/port.ts";
import type { Admission } from "./api-server.ts";
import { at, ensure, equal } from "./json.ts";
import type { Store } from "./store.ts";
import type { Deployment } from "./workload-types.ts";

const POLICIES = "mutatingadmissionpolicies.admissionregistration.k8s.io";
const BINDINGS = "mutatingadmissionpolicybindings.admissionregistration.k8s.io";

/**
 * The hold as the shipped MutatingAdmissionPolicy does it: on UPDATE of a Deployment that carried the annotation, by anyone but
 * `account`, the annotation is put back, and the Deployment is paused when its template changes or it was paused. In force while the
 * policy and a binding of it exist in the cluster; their CEL is not evaluated.
 */
export function holdAdmission(store: () => Store, account: string): Admission {
  function isInForce(): boolean {
    if (!store().get(POLICIES, { name: HOLD_POLICY })) return false;
    return store()
      .list(BINDINGS)
      .some((binding) => at(binding, "spec", "policyName") === HOLD_POLICY);
  }

  return ({ request, kind, object, old }) => {
    const holder = old?.metadata.annotations?.[ANNOTATION_HELD_BY];
    if (kind.name !== "deployments.apps" || !old || holder === undefined) return object;
    if (request.user === account || request.subresource !== undefined || !isInForce()) return object;
    const before = old as Deployment;
    const held: KubeObject = { ...object, metadata: { ...object.metadata } };
    held.metadata.annotations = { ...held.metadata.annotations, [ANNOTATION_HELD_BY]: holder };
    if (before.spec.paused || !equal(before.spec.template, at(object, "spec", "template"))) {
      held["spec"] = { ...ensure(held, "spec"), paused: true };
    }
    return held;
  };
}

/** The two objects that put the hold in force, as `deploy/` creates them. */
export function holdObjects(): KubeObject[] {
  const apiVersion = "admissionregistration.k8s.io/v1";
  return [
    { apiVersion, kind: "MutatingAdmissionPolicy", metadata: { name: HOLD_POLICY }, spec: { failurePolicy: "Fail" } },
    {
      apiVersion,
      kind: "MutatingAdmissionPolicyBinding",
      metadata: { name: HOLD_POLICY },
      spec: { policyName: HOLD_POLICY },
    },
  ];
}
