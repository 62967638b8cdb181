import { createHash } from "node:crypto";
import { perObject } from "../api/per-object.ts";
import type { PodTemplate } from "./types.ts";

/** The label by which ReplicaSets of one Deployment tell their pods apart. */
export const POD_TEMPLATE_HASH = "pod-template-hash";

/** JSON with sorted keys and without undefined members: equal for equal values, whoever wrote them. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "null";
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Record<string, unknown>)[key])]));
}

/** The template as its author wrote it: without the label that the deployment controller adds for a ReplicaSet. */
export function stripHash(template: PodTemplate): PodTemplate {
  const labels = template.metadata?.labels;
  if (labels === undefined || !(POD_TEMPLATE_HASH in labels)) return template;
  const { [POD_TEMPLATE_HASH]: _, ...rest } = labels;
  return { ...template, metadata: { ...template.metadata, labels: rest } };
}

/** Older API servers write `creationTimestamp: null` into a template's metadata, newer ones leave it out: it means nothing. */
const comparable = perObject((template: PodTemplate): string => {
  const { metadata, ...rest } = stripHash(template);
  if (metadata === undefined) return canonicalJson(rest);
  const { creationTimestamp, ...kept } = metadata;
  return canonicalJson({ ...rest, metadata: creationTimestamp === null ? kept : metadata });
});

/** Whether two templates, both as an API server returned them, make the same pods. */
export function sameTemplate(a: PodTemplate, b: PodTemplate): boolean {
  return comparable(a) === comparable(b);
}

/** Ten hex digits that stand for a template, for people and for quick comparison; equal for templates that `sameTemplate` calls so. */
export function templateHash(template: PodTemplate, digest: (text: string) => string = sha256): string {
  return digest(comparable(template)).slice(0, 10);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
