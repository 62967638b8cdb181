import { until, type WaitOptions } from "../wait.ts";
import { type RouteShares, type Share, sharesOfHost } from "./shares.ts";

export interface ProxyInfo {
  /** Where it takes requests. The mesh client listens at every service port besides; this is port 80's. */
  readonly url: string;
  readonly adminUrl: string;
}

/** An Envoy as tests see it: a way in for requests, and the truth on what is in force. */
export class Proxy {
  readonly url: string;
  readonly adminUrl: string;

  constructor(info: ProxyInfo) {
    this.url = info.url;
    this.adminUrl = info.adminUrl;
  }

  /** All routes of a virtual host with what share of requests each destination gets, as Envoy has them in force now. */
  async routesInForce(host: string): Promise<RouteShares[]> {
    const response = await fetch(`${this.adminUrl}/config_dump?resource=dynamic_route_configs`);
    if (!response.ok) throw new Error(`${this.adminUrl}/config_dump answered ${response.status}`);
    return sharesOfHost(await response.json(), host);
  }

  /**
   * The split in force on one route of a host: the route of that name, or the first one. [] while Envoy does not know it.
   *
   * @example (await lab.gateway.weightsInForce(shop.host)).find(({ subset }) => subset === "canary")?.percent
   */
  async weightsInForce(host: string, route?: string): Promise<readonly Share[]> {
    const routes = await this.routesInForce(host);
    return (route === undefined ? routes[0] : routes.find(({ name }) => name === route))?.shares ?? [];
  }

  /** Percent of requests that a subset gets in force; 0 when it gets none. */
  async percentInForce(host: string, subset: string, route?: string): Promise<number> {
    return (await this.weightsInForce(host, route)).find((share) => share.subset === subset)?.percent ?? 0;
  }

  /** Until the subset's share in force is this many percent. */
  async waitForPercent(host: string, subset: string, percent: number, options?: WaitOptions): Promise<void> {
    await until(
      `${percent} % of ${host} goes to ${subset}`,
      async () => (await this.weightsInForce(host)).length > 0 && (await this.percentInForce(host, subset)) === percent,
      options,
    );
  }

  /** Until Envoy has a route for the host. */
  async waitForHost(host: string, options?: WaitOptions): Promise<void> {
    await until(`Envoy routes ${host}`, async () => (await this.weightsInForce(host)).length > 0, options);
  }
}
