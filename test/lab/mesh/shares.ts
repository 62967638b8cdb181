/** What share of a route's requests one destination gets. */
export interface Share {
  /** Short name of the Kubernetes service. */
  readonly service: string;
  readonly namespace: string;
  /** "" for a destination without one. */
  readonly subset: string;
  readonly percent: number;
}

export interface RouteShares {
  /** The http route's name in the VirtualService, where it has one. */
  readonly name: string;
  /** Adds up to 100. A destination of weight 0 is not there: istiod leaves it out. */
  readonly shares: readonly Share[];
}

interface ConfigDump {
  configs?: { route_config?: { virtual_hosts?: VirtualHost[] } }[];
}
interface VirtualHost {
  domains?: string[];
  routes?: Route[];
}
interface Route {
  name?: string;
  route?: { cluster?: string; weighted_clusters?: { clusters?: { name?: string; weight?: number }[] } };
}

/** The routes of a host in Envoy's /config_dump?resource=dynamic_route_configs. */
export function sharesOfHost(dump: unknown, host: string): RouteShares[] {
  const virtualHosts = ((dump as ConfigDump).configs ?? []).flatMap(
    ({ route_config: config }) => config?.virtual_hosts ?? [],
  );
  const found = virtualHosts.find(({ domains }) => (domains ?? []).some((domain) => domain.split(":")[0] === host));
  return (found?.routes ?? []).map((route) => ({ name: route.name ?? "", shares: sharesOf(route) }));
}

function sharesOf({ route }: Route): Share[] {
  const weighted = route?.weighted_clusters?.clusters;
  if (weighted === undefined) return route?.cluster === undefined ? [] : [share(route.cluster, 1, 1)];
  const total = weighted.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  return weighted.map(({ name, weight }) => share(name ?? "", weight ?? 0, total));
}

/** Istio names clusters `outbound|PORT|SUBSET|SERVICE.NAMESPACE.svc.cluster.local`. */
function share(cluster: string, weight: number, total: number): Share {
  const [, , subset = "", fqdn = cluster] = cluster.split("|");
  const [service = "", namespace = ""] = fqdn.split(".");
  return { service, namespace, subset, percent: total === 0 ? 0 : (100 * weight) / total };
}
