import type { Condition, Pod } from "./types.ts";

/** What a running pod's status is made of. */
export interface PodState {
  readonly address: string;
  readonly startedAt: string;
  readonly ready: boolean;
  readonly readyChangedAt: string;
  /** How often a crash-looping container was restarted; undefined when it does not crash. */
  readonly crashes: number | undefined;
  /** The program listens. Before that it is running, but not ready. */
  readonly terminating: boolean;
}

/** The `status` of a pod whose containers were started. A strategic merge patch: conditions of others (DisruptionTarget) stay. */
export function podStatus(pod: Pod, state: PodState): Record<string, unknown> {
  const { ready, readyChangedAt, startedAt } = state;
  const condition = (type: string, status: boolean, at: string): Condition => ({
    type,
    status: status ? "True" : "False",
    lastTransitionTime: at,
    ...(status ? {} : { reason: "ContainersNotReady", message: "containers with unready status: [all]" }),
  });
  return {
    phase: "Running",
    startTime: startedAt,
    hostIP: state.address,
    podIP: state.address,
    podIPs: [{ ip: state.address }],
    conditions: [
      condition("PodScheduled", true, startedAt),
      condition("Initialized", true, startedAt),
      condition("ContainersReady", ready, readyChangedAt),
      condition("Ready", ready, readyChangedAt),
    ],
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image: image ?? "",
      imageID: image ?? "",
      containerID: `lab://${pod.metadata.uid}/${name}/${state.crashes ?? 0}`,
      ready,
      started: state.crashes === undefined,
      restartCount: state.crashes ?? 0,
      ...containerState(state),
    })),
  };
}

function containerState(state: PodState): Record<string, unknown> {
  if (state.crashes === undefined) return { state: { running: { startedAt: state.startedAt } } };
  const exited = {
    terminated: { exitCode: 1, reason: "Error", startedAt: state.startedAt, finishedAt: state.startedAt },
  };
  if (state.crashes === 0) return { state: exited };
  const message = "back-off restarting failed container";
  return { state: { waiting: { reason: "CrashLoopBackOff", message } }, lastState: exited };
}
