import { defineCheck, type Problem } from "./define.ts";
import { foundRoutes } from "./managed-routes.ts";
import { asNumber, asRecords, asText, at } from "./raw.ts";
import { domainOf, fullHost } from "./virtual-service.ts";

export const mirrorSafety = defineCheck(
  {
    id: "mirror-safety",
    number: 28,
    title: "What a managed route mirrors says how much, and does not come back to the same Service.",
    severity: "warn",
    reason:
      "A mirror without a percentage copies every request. What the mirrored request does is done: orders are placed and messages sent twice, and a copy that meets the same pods counts in the numbers that a version is judged by.",
    remedy: "Set mirrorPercentage: {value: ...}, and mirror to a Service that has its own database.",
  },
  ({ rollout, virtualServices }) =>
    foundRoutes(rollout, virtualServices).flatMap(({ key, virtualService, route }) => {
      const raw = asRecords(at(virtualService, "spec", "http"))[route.index] ?? {};
      const namespace = virtualService.metadata.namespace ?? "";
      const base = `spec.http[${route.index}]`;
      const mirrors = [
        ...(raw["mirror"] === undefined
          ? []
          : [{ path: `${base}.mirror`, to: raw["mirror"], percent: at(raw, "mirrorPercentage", "value") }]),
        ...asRecords(raw["mirrors"]).map((each, index) => ({
          path: `${base}.mirrors[${index}]`,
          to: each["destination"],
          percent: at(each, "percentage", "value"),
        })),
      ];
      return mirrors.flatMap(({ path, to, percent }): Problem[] => {
        const place = { kind: "VirtualService", key, path };
        const host = fullHost(asText(at(to, "host")) ?? "", namespace, domainOf(rollout.serviceHost));
        return [
          ...(asNumber(percent) === undefined
            ? [
                {
                  message: `VirtualService ${key} ${path} says no percentage: every request is copied to ${host}.`,
                  place,
                },
              ]
            : []),
          ...(host === rollout.serviceHost
            ? [
                {
                  message: `VirtualService ${key} ${path} copies requests to ${host}, the very Service that is vetted.`,
                  place,
                },
              ]
            : []),
        ];
      });
    }),
);
