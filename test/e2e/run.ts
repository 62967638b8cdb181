import type { RolloutStatus, RunSpec, RunStatus } from "../../src/api/run.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import type { LabClient } from "../lab/client.ts";
import { follow } from "../lab/follow.ts";
import { noteMet } from "./met-events.ts";
import { GiveUp, until } from "../lab/wait.ts";

export const sluiceApi = "sluice.dev/v1alpha1";
export type Run = KubeObject & { spec: RunSpec; status?: RunStatus };
export type Phase = RunStatus["phase"];

const outcomes: readonly Phase[] = ["Promoted", "RolledBack", "Aborted", "Superseded"];

/** The Rollout and the runs of one namespace, kept up to date by watches; what is gone stays readable. */
export interface Runs {
  rolloutStatus(): Partial<RolloutStatus>;
  /** By ordinal: the first run is 1. */
  find(ordinal: number): Run | undefined;
  count(): number;
  /** Until run `ordinal` is in one of these phases; fails at once when it has ended in another. */
  waitFor(ordinal: number, phases: Phase | readonly Phase[], withinMs?: number): Promise<Run>;
  /** Until run `ordinal` has this one in its record, even if it is past it by now. */
  waitForTransition(ordinal: number, to: Phase, withinMs?: number): Promise<RunStatus["transitions"][number]>;
  /** Until the Rollout's own phase is this. */
  waitForRollout(phase: string, withinMs?: number): Promise<void>;
  /** How each run came to where it is, for people. */
  explain(): string;
  close(): void;
}

export async function watchRuns(lab: LabClient, namespace: string): Promise<Runs> {
  const stopping = new AbortController();
  const runs = new Map<number, Run>();
  let rollout: KubeObject | undefined;
  const keep = { onDelete: () => undefined };
  const ref = (kind: string) => ({ apiVersion: sluiceApi, kind, namespace });
  await Promise.all([
    follow(
      lab.admin,
      ref("RolloutRun"),
      {
        ...keep,
        onUpsert: (run) => {
          runs.set((run as Run).spec.ordinal, run as Run);
          noteMet((run as Run).status);
        },
      },
      stopping.signal,
    ),
    follow(lab.admin, ref("Rollout"), { ...keep, onUpsert: (object) => (rollout = object) }, stopping.signal),
  ]);
  const status = () => (rollout?.["status"] ?? {}) as Partial<RolloutStatus>;

  async function waitFor(ordinal: number, phases: Phase | readonly Phase[], withinMs = 60_000): Promise<Run> {
    const wanted = typeof phases === "string" ? [phases] : phases;
    return await until(
      `run ${ordinal} is ${wanted.join(" or ")}`,
      () => {
        const run = runs.get(ordinal);
        const phase = run?.status?.phase ?? "Preflight";
        if (run !== undefined && wanted.includes(phase)) return run;
        if (outcomes.includes(phase))
          throw new GiveUp(`run ${ordinal} ended ${phase}, not ${wanted.join(" or ")}:\n${explain()}`);
        return undefined;
      },
      { withinMs },
    ).catch(withStory);
  }

  async function waitForTransition(ordinal: number, to: Phase, withinMs = 60_000) {
    return await until(
      `run ${ordinal} has come to ${to}`,
      () => {
        const now = runs.get(ordinal)?.status;
        const found = now?.transitions.find((transition) => transition.to === to);
        if (found === undefined && now !== undefined && outcomes.includes(now.phase))
          throw new GiveUp(`run ${ordinal} ended ${now.phase} and was never ${to}:\n${explain()}`);
        return found;
      },
      { withinMs },
    ).catch(withStory);
  }

  function withStory(error: unknown): never {
    if (error instanceof GiveUp) throw error;
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${explain()}`, { cause: error });
  }

  function explain(): string {
    const { phase, message } = status();
    const stories = [...runs.values()].map((run) => {
      const { transitions = [], stalled } = run.status ?? {};
      const lines = transitions.map(
        (each) => `  ${each.at.slice(14, 23)} ${each.from} > ${each.to} (${each.event}): ${each.message ?? ""}`,
      );
      const halt = stalled === undefined ? [] : [`  stalled: ${stalled.reason}: ${stalled.message}`];
      return [`run ${run.metadata.name}: ${run.status?.phase}`, ...lines, ...halt].join("\n");
    });
    return [`Rollout: ${phase}: ${message}`, ...stories].join("\n");
  }

  return {
    rolloutStatus: status,
    find: (ordinal) => runs.get(ordinal),
    count: () => runs.size,
    waitFor,
    waitForTransition,
    waitForRollout: async (phase, withinMs = 30_000) => {
      await until(`the Rollout is ${phase}`, () => status().phase === phase, { withinMs }).catch(withStory);
    },
    explain,
    close: () => stopping.abort(),
  };
}
