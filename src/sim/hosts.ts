/** "checkout" in namespace "shop" is "checkout.shop.svc.cluster.local"; names with a dot are taken as Istio takes them. */
export function resolveHost(host: string, namespace: string): string {
  if (!host.includes(".")) return `${host}.${namespace}.svc.cluster.local`;
  const parts = host.split(".");
  if (parts.length === 2) return `${host}.svc.cluster.local`;
  return parts.length === 3 && parts[2] === "svc" ? `${host}.cluster.local` : host;
}

/** Name and namespace of the Service behind a full host; undefined for a host outside the cluster. */
export function serviceOf(fqdn: string): { name: string; namespace: string } | undefined {
  const [name, namespace, ...rest] = fqdn.split(".");
  if (name === undefined || namespace === undefined || rest.join(".") !== "svc.cluster.local") return undefined;
  return { name, namespace };
}
