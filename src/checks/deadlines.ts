import { durationMs, formatDuration } from "../api/units.ts";
import { defineCheck, type Problem } from "./define.ts";
import { asNumber, at, keyOf } from "./raw.ts";

export const deadlines = defineCheck(
  {
    id: "deadlines",
    number: 38,
    title: "The Deployment's own times fit within the Rollout's progressDeadline.",
    severity: "fail",
    reason:
      "Pods that need longer than the deadline to count as available are taken away before they can be, in every run.",
    remedy: "Raise spec.progressDeadline of the Rollout.",
  },
  ({ rollout, workload }) => {
    if (workload === undefined) return [];
    const deadlineMs = durationMs(rollout.spec.progressDeadline);
    const deadline = `spec.progressDeadline of Rollout ${rollout.namespace}/${rollout.name} (${rollout.spec.progressDeadline})`;
    const minReadyMs = 1000 * (asNumber(at(workload, "spec", "minReadySeconds")) ?? 0);
    const progressMs = 1000 * (asNumber(at(workload, "spec", "progressDeadlineSeconds")) ?? 600);
    const problems: Problem[] = [];
    // Ready for exactly as long as the deadline is already too late: becoming ready takes some time too.
    if (minReadyMs > 0 && minReadyMs >= deadlineMs) {
      problems.push({
        message: `spec.minReadySeconds of Deployment ${keyOf(workload)} is ${minReadyMs / 1000}, which does not fit into ${deadline}: no candidate could become available in time.`,
        remedy: `Set spec.progressDeadline of the Rollout well above ${formatDuration(minReadyMs)}, for instance ${formatDuration(minReadyMs + 600_000)}.`,
      });
    }
    if (progressMs > deadlineMs) {
      problems.push({
        message: `spec.progressDeadlineSeconds of Deployment ${keyOf(workload)} is ${progressMs / 1000}, longer than ${deadline}: the workload is given longer to become ready than a run waits for it.`,
        remedy: `Set spec.progressDeadline of the Rollout to ${formatDuration(progressMs)} or more, or lower progressDeadlineSeconds.`,
      });
    }
    return problems;
  },
);
