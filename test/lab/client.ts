import { Admin } from "./admin.ts";
import type { KubeletControl } from "./kubelet/kubelet.ts";
import { Proxy, type ProxyInfo } from "./mesh/proxy.ts";
import type { Tokens, UserName } from "./users.ts";

export type PartName =
  | "etcd"
  | "apiserver"
  | "controller-manager"
  | "istiod"
  | "gateway"
  | "mesh-client"
  | "prometheus";

export type PartAction = "start" | "stop" | "kill" | "pause" | "resume";

/** What the process that holds the lab can do to it; a test worker reaches it over HTTP (control.ts). */
export interface LabControl extends KubeletControl {
  act(part: PartName, action: PartAction): Promise<void>;
}

/** Where everything is. Plain data, so that it can be handed to another process. */
export interface LabInfo {
  readonly index: number;
  readonly dir: string;
  readonly apiserver: { readonly url: string; readonly ca: string };
  readonly tokens: Tokens;
  readonly kubeconfigs: Readonly<Record<UserName, string>>;
  readonly gateway: (ProxyInfo & { readonly port: number }) | undefined;
  readonly meshClient: ProxyInfo | undefined;
  readonly istiod: { readonly debugUrl: string; readonly validateUrl: string } | undefined;
  readonly prometheus: { readonly url: string } | undefined;
  readonly controlUrl: string;
}

/** One process of the lab, as tests handle it. Each resolves when it is done; `start` when it is ready again. */
export type PartHandle = Record<PartAction, () => Promise<void>>;

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A running lab, from whichever process. */
export class LabClient {
  readonly info: LabInfo;
  readonly admin: Admin;
  readonly kubelet: KubeletControl;
  readonly #control: LabControl;

  constructor(info: LabInfo, control: LabControl) {
    this.info = info;
    this.#control = control;
    this.kubelet = control;
    this.admin = new Admin({ url: info.apiserver.url, ca: info.apiserver.ca, token: info.tokens.admin });
  }

  /** Path of a kubeconfig of that user. */
  kubeconfig(user: UserName): string {
    return this.info.kubeconfigs[user];
  }

  /** The ingress gateway. */
  get gateway(): Proxy {
    return new Proxy(this.#require("gateway"));
  }

  /** A client's sidecar: `http://127.0.0.1:SERVICE-PORT` with the service's FQDN as Host goes through the mesh. */
  get meshClient(): Proxy {
    return new Proxy(this.#require("meshClient"));
  }

  get prometheusUrl(): string {
    return this.#require("prometheus").url;
  }

  /** The answer to an instant query. */
  async query(promql: string): Promise<Sample[]> {
    const response = await fetch(`${this.prometheusUrl}/api/v1/query?${new URLSearchParams({ query: promql })}`);
    const answer = (await response.json()) as {
      error?: string;
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    if (answer.data === undefined) throw new Error(`Prometheus refused ${promql}: ${answer.error}`);
    return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** istiod's own account of what each proxy was sent and has acknowledged. */
  async syncz(): Promise<Record<string, unknown>[]> {
    const response = await fetch(`${this.#require("istiod").debugUrl}/debug/syncz`);
    return (await response.json()) as Record<string, unknown>[];
  }

  /** @example await lab.part("prometheus").kill(); */
  part(name: PartName): PartHandle {
    const act = (action: PartAction) => () => this.#control.act(name, action);
    return { start: act("start"), stop: act("stop"), kill: act("kill"), pause: act("pause"), resume: act("resume") };
  }

  /** Lets go of connections; the lab itself goes on. */
  async close(): Promise<void> {
    await this.admin.close();
  }

  #require<K extends "gateway" | "meshClient" | "istiod" | "prometheus">(name: K): NonNullable<LabInfo[K]> {
    const found = this.info[name];
    if (found === undefined) throw new Error(`this lab was started without ${name}`);
    return found;
  }
}
