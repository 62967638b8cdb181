import { setTimeout as sleep } from "node:timers/promises";
import { type Admin, AdminError, type Ref } from "../admin.ts";
import { type Behaviour, behaviourOf, imageTag, seededRandom } from "./behaviour.ts";
import { callerLabels, serviceFor, serviceLabels, servicesOf, workloadLabels, workloadOf } from "./destination.ts";
import { PodMetrics } from "./pod-metrics.ts";
import { PodServer } from "./pod-server.ts";
import { podStatus } from "./pod-status.ts";
import type { Pod, PodSelector, PodSummary, Service } from "./types.ts";

export interface PodContext {
  readonly admin: Admin;
  /** The node to bind pods to. */
  readonly nodeName: string;
  /** The longest that a terminating pod serves on, whatever its grace period. */
  readonly graceCapMs: number;
  services(): Iterable<Service>;
  /** What a test laid over the behaviour that the pod's own spec asks for. */
  overrides(pod: RunningPod): Partial<Behaviour>;
}

/** One pod on the node, from binding to its last delete. */
export class RunningPod {
  readonly address: string;
  readonly workload: string;
  readonly #context: PodContext;
  readonly #server: PodServer;
  readonly #metrics: PodMetrics;
  readonly #startedAt = new Date().toISOString();
  readonly #gone = new AbortController();
  #pod: Pod;
  #crashes: number | undefined;
  #heldUnready = false;
  #ready = false;
  #readyChangedAt = this.#startedAt;
  #terminating = false;
  #statusWanted = false;
  #statusWriting = false;

  constructor(context: PodContext, pod: Pod, address: string) {
    this.#context = context;
    this.#pod = pod;
    this.address = address;
    this.workload = workloadOf(pod);
    const namespace = pod.metadata.namespace ?? "";
    this.#metrics = new PodMetrics(workloadLabels(pod));
    this.#server = new PodServer({
      address,
      ports: pod.spec.containers.flatMap(({ ports }) => (ports ?? []).map(({ containerPort }) => containerPort)),
      headers: { "x-version": this.imageTag, "x-pod": pod.metadata.name, "x-workload": this.workload },
      random: seededRandom(pod.metadata.name),
      behaviour: () => this.behaviour,
      metrics: () => this.#metrics.render(),
      onAnswered: (requestHeaders, status, durationMs) => {
        const service = serviceFor(requestHeaders.host, servicesOf(this.#pod, context.services()));
        const labels = { ...serviceLabels(service, namespace), ...callerLabels(requestHeaders) };
        this.#metrics.record(labels, status, durationMs);
      },
    });
  }

  get imageTag(): string {
    return imageTag(this.#servingContainer.image);
  }

  get behaviour(): Behaviour {
    return { ...behaviourOf(this.#servingContainer), ...this.#context.overrides(this) };
  }

  get summary(): PodSummary {
    const { uid = "", labels = {}, name, namespace = "" } = this.#pod.metadata;
    const { address, workload, imageTag: tag } = this;
    const [ready, terminating, requests] = [this.#ready, this.#terminating, this.#metrics.requests];
    return { uid, labels, name, namespace, address, workload, imageTag: tag, ready, terminating, requests };
  }

  matches(selector: PodSelector): boolean {
    const { name, namespace, labels = {} } = this.#pod.metadata;
    if (namespace !== selector.namespace) return false;
    if (selector.pod !== undefined && selector.pod !== name) return false;
    if (selector.imageTag !== undefined && selector.imageTag !== this.imageTag) return false;
    return Object.entries(selector.labels ?? {}).every(([key, value]) => labels[key] === value);
  }

  /** Binds the pod and brings it to where its behaviour lets it come. */
  async start(): Promise<void> {
    const signal = this.#gone.signal;
    if (this.#pod.spec.nodeName === undefined) await this.#bind();
    if (signal.aborted) return;
    await this.#server.openSidecar();
    if (this.behaviour.crashLoop) return await this.#crashForEver();
    const { startDelayMs } = this.behaviour;
    if (startDelayMs > 0) {
      this.#writeStatus();
      await sleep(startDelayMs, undefined, { signal }).catch(() => undefined);
    }
    if (signal.aborted || this.#terminating) return;
    await this.#server.open();
    this.updateReadiness();
    this.#writeStatus();
  }

  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined && !this.#terminating) void this.#terminate();
  }

  hold(unready: boolean): void {
    this.#heldUnready = unready;
    this.updateReadiness();
  }

  /** To be called after anything that readiness depends on has changed. */
  updateReadiness(): void {
    const ready = this.#server.listening && !this.#heldUnready && !this.#terminating && !this.behaviour.neverReady;
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.#readyChangedAt = new Date().toISOString();
    this.#writeStatus();
  }

  /** The object is gone: so is the program. */
  async remove(): Promise<void> {
    this.#gone.abort();
    await this.#server.close(0);
    await this.#server.closeSidecar();
  }

  get #servingContainer() {
    const { containers } = this.#pod.spec;
    return containers.find(({ ports }) => (ports ?? []).length > 0) ?? containers[0] ?? { name: "none" };
  }

  async #terminate(): Promise<void> {
    this.#terminating = true;
    this.updateReadiness();
    const graceMs = (this.#pod.metadata.deletionGracePeriodSeconds ?? 30) * 1_000;
    // Its address leaves the endpoints in the meantime: callers that heard of it too late must still be served.
    await sleep(Math.min(graceMs, this.#context.graceCapMs), undefined, { signal: this.#gone.signal }).catch(
      () => undefined,
    );
    await this.#server.close(1_000);
    const { uid } = this.#pod.metadata;
    await this.#insist(async (ref) => {
      await this.#context.admin.delete(ref, { gracePeriodSeconds: 0, preconditions: { uid } });
    }, true);
  }

  async #crashForEver(): Promise<void> {
    const signal = this.#gone.signal;
    for (this.#crashes = 0; !signal.aborted && !this.#terminating; this.#crashes++) {
      this.#writeStatus();
      await sleep(Math.min(500 * 2 ** this.#crashes, 5_000), undefined, { signal }).catch(() => undefined);
    }
  }

  async #bind(): Promise<void> {
    const { name, namespace } = this.#pod.metadata;
    const body = { target: { apiVersion: "v1", kind: "Node", name: this.#context.nodeName }, metadata: { name } };
    await this.#insist(async () => {
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/binding`;
      await this.#context.admin.call("POST", path, { body: { apiVersion: "v1", kind: "Binding", ...body } });
    }, true);
  }

  #writeStatus(): void {
    this.#statusWanted = true;
    if (this.#statusWriting) return;
    this.#statusWriting = true;
    void (async () => {
      while (this.#statusWanted) {
        this.#statusWanted = false;
        await this.#insist(async (ref) => {
          const status = podStatus(this.#pod, {
            address: this.address,
            startedAt: this.#startedAt,
            ready: this.#ready,
            readyChangedAt: this.#readyChangedAt,
            crashes: this.#crashes,
            terminating: this.#terminating,
          });
          const path = await this.#context.admin.path({ ...ref, subresource: "status" });
          // The uid keeps it off a namesake that came after.
          const call = {
            body: { metadata: { uid: this.#pod.metadata.uid }, status },
            contentType: "application/strategic-merge-patch+json",
          };
          await this.#context.admin.call("PATCH", path, call);
        });
      }
      this.#statusWriting = false;
    })();
  }

  /** Tries until it succeeds or the pod is gone. A conflict is a reason to try again unless it says that there is nothing left to do. */
  async #insist(write: (ref: Required<Omit<Ref, "subresource">>) => Promise<void>, conflictIsEnd = false) {
    const { name, namespace = "" } = this.#pod.metadata;
    const signal = this.#gone.signal;
    while (!signal.aborted) {
      try {
        await write({ apiVersion: "v1", kind: "Pod", namespace, name });
        return;
      } catch (error) {
        if (error instanceof AdminError && (error.status === 404 || (error.status === 409 && conflictIsEnd))) return;
        await sleep(200, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
