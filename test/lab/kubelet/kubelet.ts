import type { Admin } from "../admin.ts";
import { follow } from "../follow.ts";
import { sayOnStderr } from "../tools.ts";
import { addressPool } from "./addresses.ts";
import type { Behaviour } from "./behaviour.ts";
import { type PodContext, RunningPod } from "./running-pod.ts";
import { TargetsFile } from "./targets.ts";
import type { Pod, PodSelector, PodSummary, Service } from "./types.ts";

export interface KubeletOptions {
  readonly admin: Admin;
  /** Which of the labs in this network namespace it is: each has addresses of its own. */
  readonly index: number;
  /** Where Prometheus reads which pods to scrape. */
  readonly targetsFile: string;
  /** The longest that a terminating pod serves on, whatever its grace period. */
  readonly graceCapMs: number;
}

/** What tests do to running pods. Resolves when it is done, not when the cluster has noticed. */
export interface KubeletControl {
  /** Makes one pod fail its readiness probe, or lets it pass again. */
  setReady(namespace: string, pod: string, ready: boolean): Promise<void>;
  /** Lays over the behaviour of all matching pods, those to come included; `{}` takes it off again. */
  setBehaviour(selector: PodSelector, behaviour: Partial<Behaviour>): Promise<void>;
  /** The pods that run in a namespace. */
  pods(namespace: string): Promise<PodSummary[]>;
}

export interface Kubelet extends KubeletControl {
  /** Every pod that runs here. */
  all(): PodSummary[];
  stop(): Promise<void>;
}

export const nodeName = "local";

/** Runs the pods of the whole cluster inside this process: real sockets on real addresses, real statuses, no containers. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { admin } = options;
  const running = new Map<string, RunningPod>();
  const services = new Map<string, Service>();
  const rules: { selector: PodSelector; behaviour: Partial<Behaviour> }[] = [];
  const nextAddress = addressPool(options.index);
  const stopping = new AbortController();
  const targets = new TargetsFile(options.targetsFile, () => [...running.values()].map(({ summary }) => summary));
  const context: PodContext = {
    admin,
    nodeName,
    graceCapMs: options.graceCapMs,
    services: () => services.values(),
    overrides: (pod) =>
      Object.assign({}, ...rules.filter(({ selector }) => pod.matches(selector)).map(({ behaviour }) => behaviour)),
  };

  function upsert(pod: Pod): void {
    const uid = pod.metadata.uid ?? "";
    const known = running.get(uid);
    if (known !== undefined) return known.update(pod);
    if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== nodeName) return;
    const fresh = new RunningPod(context, pod, nextAddress());
    running.set(uid, fresh);
    targets.changed();
    fresh.update(pod);
    fresh.start().catch((error: unknown) => sayOnStderr(`pod ${pod.metadata.name}: ${String(error)}`));
  }

  function remove(pod: Pod): void {
    const uid = pod.metadata.uid ?? "";
    const known = running.get(uid);
    running.delete(uid);
    targets.changed();
    void known?.remove();
  }

  await targets.write();
  await follow(
    admin,
    { apiVersion: "v1", kind: "Service" },
    {
      onUpsert: (service) => void services.set(service.metadata.uid ?? "", service as Service),
      onDelete: (service) => void services.delete(service.metadata.uid ?? ""),
    },
    stopping.signal,
  );
  await follow(
    admin,
    { apiVersion: "v1", kind: "Pod" },
    { onUpsert: (pod) => upsert(pod as Pod), onDelete: (pod) => remove(pod as Pod) },
    stopping.signal,
  );

  return {
    async setReady(namespace, name, ready) {
      const pod = [...running.values()].find((candidate) => candidate.matches({ namespace, pod: name }));
      if (pod === undefined) throw new Error(`no pod ${namespace}/${name} runs here`);
      pod.hold(!ready);
    },
    async setBehaviour(selector, behaviour) {
      const same = JSON.stringify(selector);
      const at = rules.findIndex((rule) => JSON.stringify(rule.selector) === same);
      if (at >= 0) rules.splice(at, 1);
      if (Object.keys(behaviour).length > 0) rules.push({ selector, behaviour });
      for (const pod of running.values()) pod.updateReadiness();
    },
    async pods(namespace) {
      return [...running.values()].map(({ summary }) => summary).filter((pod) => pod.namespace === namespace);
    },
    all: () => [...running.values()].map(({ summary }) => summary),
    async stop() {
      stopping.abort();
      await targets.close();
      await Promise.all([...running.values()].map((pod) => pod.remove()));
    },
  };
}
