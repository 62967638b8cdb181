import type { Problem as FieldProblem } from "../api/problem.ts";
import type { KubeObject } from "../kube/port.ts";
import { keyOf } from "./raw.ts";
import type { Check, CheckHead, CheckWorld, Finding, ObjectCheck, Place, Severity } from "./types.ts";

/** What a check found. What it leaves out is said by the check's own head. */
export interface Problem {
  message: string;
  severity?: Severity;
  reason?: string;
  remedy?: string;
  place?: Place;
}

/**
 * A check from its head and the function that looks.
 *
 *     export const portProtocol = defineCheck({ id: "port-protocol", ... }, (world) => [{ message: "..." }]);
 */
export function defineCheck(head: CheckHead, look: (world: CheckWorld) => readonly Problem[]): Check {
  return {
    ...head,
    run: (world) => look(world).map((problem) => toFinding(head, problem)),
  };
}

/** A check of single objects, from its head and the function that names the fields that are wrong. */
export function defineObjectCheck(head: CheckHead, look: (object: KubeObject) => readonly FieldProblem[]): ObjectCheck {
  return {
    ...head,
    run: (object) =>
      look(object).map(({ path, message }) =>
        toFinding(head, {
          message: `${object.kind} ${keyOf(object)} ${path}: ${message}.`,
          place: { kind: object.kind, key: keyOf(object), path },
        }),
      ),
  };
}

function toFinding(head: CheckHead, problem: Problem): Finding {
  return {
    id: head.id,
    severity: problem.severity ?? head.severity,
    message: problem.message,
    reason: problem.reason ?? head.reason,
    remedy: problem.remedy ?? head.remedy,
    ...(problem.place === undefined ? {} : { place: problem.place }),
  };
}
