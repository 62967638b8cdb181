import type { KubeObject } from "../../src/kube/port.ts";

/** A ConfigMap to create. */
export function configMap(
  namespace: string,
  name: string,
  extra: Partial<KubeObject["metadata"]> = {},
  data: Record<string, string> = {},
): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, ...extra }, data };
}

/** A Deployment to create, as short as the API server takes it, with no pods. */
export function deployment(namespace: string, name: string): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "app", image: "example.test/app:1" }] } },
    },
  };
}

/** A field deep inside an object that is plain JSON. */
export function field(object: KubeObject, ...path: (string | number)[]): unknown {
  let value: unknown = object;
  for (const step of path) value = (value as Record<string | number, unknown> | undefined)?.[step];
  return value;
}
