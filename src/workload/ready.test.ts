import { describe, expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { deployment } from "./fixtures.test-helper.ts";
import { twinReadiness } from "./ready.ts";

function pod(status: object, labels: Record<string, string> = { app: "checkout" }): KubeObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "p", labels }, status };
}

const waiting = (reason: string, message?: string) => ({
  name: "app",
  state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
});
const short = deployment("v2", { status: { readyReplicas: 2, availableReplicas: 1 } });

test("full is all that is asked for, as of the newest spec", () => {
  expect(twinReadiness(deployment())).toEqual({
    exists: true,
    replicas: 4,
    ready: 4,
    available: 4,
    observed: true,
    full: true,
  });
  expect(twinReadiness(deployment("v1", { status: { observedGeneration: 2 } }))).toMatchObject({
    observed: false,
    full: false,
  });
  expect(twinReadiness(short)).toMatchObject({ ready: 2, available: 1, full: false });
});

test("a twin that does not exist, or that nobody has looked at yet, is not full", () => {
  expect(twinReadiness(undefined)).toMatchObject({ exists: false, full: false });
  const { status: _, ...fresh } = deployment();
  expect(twinReadiness(fresh as KubeObject)).toMatchObject({ ready: 0, observed: false, full: false });
});

describe("trouble is told in a sentence", () => {
  test("a container that crashes, with its exit code", () => {
    const crashing = { ...waiting("CrashLoopBackOff", "back-off 10s"), lastState: { terminated: { exitCode: 1 } } };
    expect(twinReadiness(short, [pod({ containerStatuses: [crashing] })]).trouble).toBe(
      "CrashLoopBackOff: container app of pod p, last exit code 1: back-off 10s.",
    );
  });

  test("an image that cannot be pulled, also by an init container", () => {
    expect(twinReadiness(short, [pod({ initContainerStatuses: [waiting("ImagePullBackOff")] })]).trouble).toBe(
      "ImagePullBackOff: container app of pod p.",
    );
  });

  test("a quota, before anything else", () => {
    const conditions = [
      { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" },
      { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota: small" },
    ];
    const twin = deployment("v2", { status: { availableReplicas: 1, conditions } });
    expect(twinReadiness(twin).trouble).toBe("ReplicaFailure: exceeded quota: small.");
  });

  test("a pod that no node takes", () => {
    const conditions = [
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes are available." },
    ];
    expect(twinReadiness(short, [pod({ conditions })]).trouble).toBe("Unschedulable: pod p: 0/3 nodes are available.");
  });

  test("a deadline of the Deployment's own, when nothing more is known", () => {
    const conditions = [
      { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out." },
    ];
    const twin = deployment("v2", { status: { availableReplicas: 1, conditions } });
    expect(twinReadiness(twin).trouble).toBe("ProgressDeadlineExceeded: timed out.");
  });

  test("and not while pods are on their way, nor of others' pods, nor when all is well", () => {
    const creating = pod({ containerStatuses: [waiting("ContainerCreating"), { name: "b", state: { running: {} } }] });
    const others = pod({ containerStatuses: [waiting("CrashLoopBackOff")] }, { app: "cart" });
    expect(twinReadiness(short, [creating, others])).not.toHaveProperty("trouble");
    const crashing = pod({ containerStatuses: [waiting("CrashLoopBackOff")] });
    expect(twinReadiness(deployment(), [crashing])).not.toHaveProperty("trouble");
  });
});
