import { LABEL_ROLLOUT, LABEL_RUN } from "../api/metadata.ts";
import type { JsonPatchOperation, KubeObject } from "../kube/port.ts";
import { sameTemplate, stripHash } from "./canonical.ts";
import { specOf, specReplicas } from "./fields.ts";
import { labelValue } from "./names.ts";
import type { PodTemplate } from "./types.ts";

/** Labels that a run's twin and its pods carry, and no others do: what a subset selects to mean them. */
export function twinPodLabels(rollout: string, runName: string): Record<string, string> {
  return { [LABEL_ROLLOUT]: labelValue(rollout), [LABEL_RUN]: runName };
}

export interface TwinInput {
  rollout: { name: string; uid: string };
  /** Name of the run and of the twin; from `runName`, so that it fits a label. */
  runName: string;
  /** The user's Deployment: owns the twin, so that the twin goes when the workload goes. */
  own: KubeObject;
  /** The revision that the twin runs. */
  template: PodTemplate;
  replicas: number;
}

/**
 * The Deployment that carries a candidate. Of the user's metadata nothing comes along, since a tracking label of a GitOps tool would
 * make that tool prune it. Its pods match the Service by the template's own labels.
 */
export function twinDeployment({ rollout, runName, own, template, replicas }: TwinInput): KubeObject {
  const labels = twinPodLabels(rollout.name, runName);
  const { minReadySeconds, progressDeadlineSeconds } = specOf(own);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: runName,
      ...(own.metadata.namespace === undefined ? {} : { namespace: own.metadata.namespace }),
      labels,
      ownerReferences: [
        {
          apiVersion: own.apiVersion,
          kind: own.kind,
          name: own.metadata.name,
          uid: own.metadata.uid ?? "",
          controller: false,
          blockOwnerDeletion: false,
        },
      ],
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: twinTemplate(template, labels),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      ...(progressDeadlineSeconds === undefined ? {} : { progressDeadlineSeconds }),
      revisionHistoryLimit: 0,
    },
  };
}

function twinTemplate(template: PodTemplate, labels: Record<string, string>): PodTemplate {
  const revision = stripHash(template);
  return { ...revision, metadata: { ...revision.metadata, labels: { ...revision.metadata?.labels, ...labels } } };
}

/** What the deployment controller counts a Deployment's templates by. */
const ROLLED = "deployment.kubernetes.io/revision";

/**
 * Puts the template of the twin back to that of its revision; [] when nobody has edited it. What an admission webhook made of it when it
 * was created is no edit: it is the only template that the twin ever had. (So is one that was edited before the deployment controller
 * first looked; that lasts for milliseconds.) `replicaSets` are those of the twin.
 */
export function mendTemplatePatch(
  twin: KubeObject,
  replicaSets: readonly KubeObject[],
  revision: PodTemplate,
): JsonPatchOperation[] {
  const { template = {}, selector } = specOf(twin);
  const wanted = twinTemplate(revision, selector?.matchLabels ?? {});
  if (sameTemplate(template, wanted)) return [];
  const rolled = Number(twin.metadata.annotations?.[ROLLED] ?? 1) > 1;
  const hadAnother = replicaSets.some((each) => !sameTemplate(specOf(each).template ?? {}, template));
  return rolled || hadAnother ? [{ op: "replace", path: "/spec/template", value: wanted }] : [];
}

/** Whether a Deployment is this run's twin, and not another's that happens to have its name. */
export function isTwinOf(object: KubeObject, rollout: string, runName: string): boolean {
  const selector = specOf(object).selector?.matchLabels ?? {};
  return Object.entries(twinPodLabels(rollout, runName)).every(([key, value]) => selector[key] === value);
}

/**
 * Gives a Deployment this many pods, if it still asks for as many as when it was read: a write that is carried out late must not take
 * pods from a twin that carries more users by then. [] when it is asked for them already.
 */
export function scalePatch(object: KubeObject, replicas: number): JsonPatchOperation[] {
  const now = specReplicas(object);
  if (now === replicas) return [];
  const path = "/spec/replicas";
  return [
    { op: "test", path, value: now },
    { op: "add", path, value: replicas },
  ];
}
