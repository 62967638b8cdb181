import { ANNOTATION_HELD_BY, FIELD_MANAGER } from "../api/metadata.ts";
import type { JsonPatchOperation, KubeObject, ManagedFieldsEntry } from "../kube/port.ts";
import { ifUnchanged, testUnchanged } from "../unchanged.ts";
import { specOf } from "./fields.ts";

const ANNOTATION_PATH = `/metadata/annotations/${ANNOTATION_HELD_BY.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** Name of the Rollout that holds a Deployment. */
export function heldBy(own: KubeObject): string | undefined {
  return own.metadata.annotations?.[ANNOTATION_HELD_BY];
}

/**
 * Marks a Deployment as held, by which the admission policy knows it; in mode "pause", without the policy, it is paused too. A mark of
 * another Rollout is not overwritten: look at `heldBy` first.
 */
export function adoptPatch(own: KubeObject, rolloutName: string, mode: "policy" | "pause"): JsonPatchOperation[] {
  const holder = heldBy(own);
  if (holder !== undefined && holder !== rolloutName) return [];
  const operations: JsonPatchOperation[] = [];
  if (own.metadata.annotations === undefined) {
    // The map is made by this patch: nobody else may have made it since.
    operations.push(testUnchanged(own), {
      op: "add",
      path: "/metadata/annotations",
      value: { [ANNOTATION_HELD_BY]: rolloutName },
    });
  } else if (holder === undefined) {
    operations.push({ op: "add", path: ANNOTATION_PATH, value: rolloutName });
  }
  return mode === "pause" ? [...operations, ...pausePatch(own)] : operations;
}

/** Takes the mark off, where it is this Rollout's. */
export function unadoptPatch(own: KubeObject, rolloutName: string): JsonPatchOperation[] {
  const { annotations } = own.metadata;
  if (annotations === undefined || heldBy(own) !== rolloutName) return [];
  if (Object.keys(annotations).length > 1) {
    return [
      { op: "test", path: ANNOTATION_PATH, value: rolloutName },
      { op: "remove", path: ANNOTATION_PATH },
    ];
  }
  return [
    { op: "test", path: "/metadata/annotations", value: annotations },
    { op: "remove", path: "/metadata/annotations" },
  ];
}

/** Stops a Deployment from rolling. It counts once the deployment controller has observed it: see `readOwn`. */
export function pausePatch(own: KubeObject): JsonPatchOperation[] {
  return specOf(own).paused === true ? [] : [{ op: "add", path: "/spec/paused", value: true }];
}

/**
 * Lets a Deployment roll to the template that it has. `own` must have been read live, and its template looked at: the patch fails
 * when anything in the object has changed since, because a template that nobody vetted would otherwise reach every user.
 * Throws a TypeError when the object has no resourceVersion.
 */
export function releasePatch(own: KubeObject): JsonPatchOperation[] {
  if (specOf(own).paused !== true) return [];
  return ifUnchanged(own, [{ op: "remove", path: "/spec/paused" }]);
}

const PAUSED = "f:paused";

/** The entries of managedFields that say `paused`, and nothing else of them: what `resumedBy` needs. */
export function pausers(own: KubeObject): ManagedFieldsEntry[] {
  return (own.metadata.managedFields ?? []).flatMap(({ manager, time, fieldsV1 }) => {
    const spec = (fieldsV1 as { "f:spec"?: object } | undefined)?.["f:spec"];
    if (manager === undefined || spec === undefined || !(PAUSED in spec)) return [];
    return [{ manager, ...(time === undefined ? {} : { time }), fieldsV1: { "f:spec": { [PAUSED]: {} } } }];
  });
}

/** Whoever but Sluice says `paused` now, as a tool that applies `paused: false` does. A resume takes the field away: nobody is named then. */
export function resumedBy(own: KubeObject): string | undefined {
  const others = pausers(own).filter(({ manager }) => manager !== FIELD_MANAGER);
  return others.toSorted((a, b) => (b.time ?? "").localeCompare(a.time ?? ""))[0]?.manager;
}
