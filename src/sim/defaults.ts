import { ensure, fill, isFields, items, type Fields } from "./json.ts";

/**
 * The values that a real API server fills in, for the fields that workloads commonly have. A Deployment's template and a PodTemplate
 * go through the same function, so equal templates stay equal.
 */
const podDefaults: Fields = {
  restartPolicy: "Always",
  dnsPolicy: "ClusterFirst",
  schedulerName: "default-scheduler",
  securityContext: {},
  terminationGracePeriodSeconds: 30,
};
const containerDefaults: Fields = {
  resources: {},
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
};
const probeDefaults: Fields = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };

function defaultProbe(probe: unknown): void {
  if (!isFields(probe)) return;
  fill(probe, probeDefaults);
  if (isFields(probe["httpGet"])) fill(probe["httpGet"], { path: "/", scheme: "HTTP" });
}

function defaultContainer(container: Fields): void {
  fill(container, containerDefaults);
  const image = String(container["image"] ?? "");
  const moving = !image.includes("@") && (image.endsWith(":latest") || !/:[^/]+$/.test(image));
  fill(container, { imagePullPolicy: moving ? "Always" : "IfNotPresent" });
  for (const port of items(container["ports"])) fill(port, { protocol: "TCP" });
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) defaultProbe(container[probe]);
  for (const { valueFrom } of items(container["env"])) {
    if (isFields(valueFrom) && isFields(valueFrom["fieldRef"])) fill(valueFrom["fieldRef"], { apiVersion: "v1" });
  }
}

/** In place: the defaults of a pod's spec. */
export function defaultPodSpec(spec: Fields): void {
  fill(spec, podDefaults);
  for (const container of [...items(spec["containers"]), ...items(spec["initContainers"])]) defaultContainer(container);
  for (const volume of items(spec["volumes"])) {
    for (const source of ["configMap", "secret", "projected", "downwardAPI"]) {
      if (isFields(volume[source])) fill(volume[source], { defaultMode: 420 });
    }
  }
}

function defaultTemplate(owner: Fields): void {
  const template = ensure(owner, "template");
  ensure(template, "metadata");
  defaultPodSpec(ensure(template, "spec"));
}

function defaultDeployment(object: Fields): void {
  const spec = ensure(object, "spec");
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {} });
  const strategy = ensure(spec, "strategy");
  fill(strategy, { type: "RollingUpdate" });
  if (strategy["type"] === "RollingUpdate")
    fill(ensure(strategy, "rollingUpdate"), { maxSurge: "25%", maxUnavailable: "25%" });
  defaultTemplate(spec);
}

function defaultReplicaSet(object: Fields): void {
  const spec = ensure(object, "spec");
  fill(spec, { replicas: 1 });
  defaultTemplate(spec);
}

function defaultService(object: Fields): void {
  const spec = ensure(object, "spec");
  fill(spec, {
    type: "ClusterIP",
    sessionAffinity: "None",
    internalTrafficPolicy: "Cluster",
    ipFamilyPolicy: "SingleStack",
  });
  for (const port of items(spec["ports"])) fill(port, { protocol: "TCP", targetPort: port["port"] });
}

function defaultNamespace(object: Fields): void {
  fill(ensure(object, "spec"), { finalizers: ["kubernetes"] });
  fill(object, { status: { phase: "Active" } });
  const metadata = ensure(object, "metadata");
  fill(ensure(metadata, "labels"), { "kubernetes.io/metadata.name": metadata["name"] });
}

const byResource: Readonly<Record<string, (object: Fields) => void>> = {
  "deployments.apps": defaultDeployment,
  "replicasets.apps": defaultReplicaSet,
  podtemplates: defaultTemplate,
  pods: (object) => defaultPodSpec(ensure(object, "spec")),
  services: defaultService,
  namespaces: defaultNamespace,
  "horizontalpodautoscalers.autoscaling": (object) => fill(ensure(object, "spec"), { minReplicas: 1 }),
};

/** `object` with the defaults of its kind, in place: pass a copy. */
export function applyDefaults(resource: string, object: Fields): void {
  byResource[resource]?.(object);
}
