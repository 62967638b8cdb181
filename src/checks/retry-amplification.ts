import { formatDuration } from "../api/units.ts";
import { defineCheck, type Problem } from "./define.ts";
import { goDurationMs } from "./istio/names.ts";
import { foundRoutes } from "./managed-routes.ts";
import { asNumber, asRecord, asRecords, asText, at } from "./raw.ts";

export const retryAmplification = defineCheck(
  {
    id: "retry-amplification",
    number: 25,
    title: "Retries of a managed route fit into its timeout and do not repeat what was done already.",
    severity: "warn",
    reason:
      "Each retry is one more request to a version that may be failing under load, and a retry after a 5xx can charge a customer twice. Retries that do not fit into the timeout never come to an end.",
    remedy:
      "Set perTryTimeout so that (attempts + 1) times it fits into timeout, and retryOn to connect-failure,refused-stream,reset.",
  },
  ({ rollout, virtualServices }) =>
    foundRoutes(rollout, virtualServices).flatMap(({ key, virtualService, route }) => {
      const raw = asRecords(at(virtualService, "spec", "http"))[route.index] ?? {};
      const retries = asRecord(raw["retries"]);
      const attempts = asNumber(retries["attempts"]) ?? 0;
      if (attempts <= 0) return [];
      const path = `spec.http[${route.index}].retries`;
      const problem = (field: string, message: string): Problem => ({
        message: `VirtualService ${key} ${path}${message}`,
        place: { kind: "VirtualService", key, path: `${path}.${field}` },
      });
      const perTryMs = millis(retries["perTryTimeout"]);
      const timeoutMs = millis(raw["timeout"]);
      const problems: Problem[] = [];
      if (timeoutMs !== undefined && perTryMs === undefined)
        problems.push(
          problem(
            "attempts",
            ` has ${attempts} attempts and no perTryTimeout: one slow answer uses up the whole timeout of ${formatDuration(timeoutMs)}.`,
          ),
        );
      if (timeoutMs !== undefined && perTryMs !== undefined && (attempts + 1) * perTryMs > timeoutMs)
        problems.push(
          problem(
            "perTryTimeout",
            `: ${attempts + 1} tries of ${formatDuration(perTryMs)} do not fit into the timeout of ${formatDuration(timeoutMs)}.`,
          ),
        );
      const on = (asText(retries["retryOn"]) ?? "").split(",").map((word) => word.trim());
      if (on.includes("5xx"))
        problems.push(
          problem("retryOn", `.retryOn has 5xx: a request that failed after it took effect is made again.`),
        );
      return problems;
    }),
);

/** What Istio would refuse, as 0s, is no duration. */
function millis(value: unknown): number | undefined {
  const ms = goDurationMs(asText(value) ?? "");
  return ms === undefined || ms < 1 ? undefined : ms;
}
