import { expect, test } from "vitest";
import type { KubeObject } from "../kube/port.ts";
import { podStanding } from "./pod-standing.ts";

function pod(status: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "checkout-1-abc", ...metadata },
    spec: { nodeName: "node-a" },
    status,
  };
}

const ready = (status: string) => [{ type: "Ready", status }];
const waiting = (reason: string, restartCount = 0) => ({ restartCount, state: { waiting: { reason } } });

test("a pod that is ready has its node", () => {
  expect(podStanding(pod({ phase: "Running", conditions: ready("True") }))).toEqual({
    name: "checkout-1-abc",
    ready: true,
    detail: "node-a",
  });
});

test.each([
  ["Pending", {}],
  ["Pending", { phase: "Pending", conditions: ready("False") }],
  [
    "Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.",
    {
      phase: "Pending",
      conditions: [
        {
          type: "PodScheduled",
          status: "False",
          reason: "Unschedulable",
          message: "0/3 nodes are available: 3 Insufficient cpu.",
        },
      ],
    },
  ],
  ["ContainerCreating", { phase: "Pending", containerStatuses: [waiting("ContainerCreating")] }],
  [
    "ImagePullBackOff",
    { phase: "Pending", containerStatuses: [waiting("ContainerCreating"), waiting("ImagePullBackOff")] },
  ],
  ["CrashLoopBackOff, 3 restarts", { phase: "Running", containerStatuses: [waiting("CrashLoopBackOff", 3)] }],
  [
    "OOMKilled, 1 restart",
    { containerStatuses: [{ restartCount: 1, state: { terminated: { reason: "OOMKilled", exitCode: 137 } } }] },
  ],
  [
    "PodInitializing",
    {
      initContainerStatuses: [{ state: { terminated: { reason: "Completed", exitCode: 0 } } }],
      containerStatuses: [waiting("PodInitializing")],
    },
  ],
  ["Evicted", { phase: "Failed", reason: "Evicted" }],
  ["not ready", { phase: "Running", conditions: ready("False"), containerStatuses: [{ state: { running: {} } }] }],
  [
    "waits for a readiness gate",
    { phase: "Running", conditions: [...ready("False"), { type: "ContainersReady", status: "True" }] },
  ],
])("one that is not ready has the reason: %s", (detail, status) => {
  expect(podStanding(pod(status))).toMatchObject({ ready: false, detail });
});

test("one that goes is told as going, ready or not", () => {
  const going = { deletionTimestamp: "2026-01-01T00:00:00Z" };
  expect(podStanding(pod({ conditions: ready("True") }, going))).toMatchObject({ ready: false, detail: "Terminating" });
});
