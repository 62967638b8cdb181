import { defineCheck, type Problem } from "./define.ts";
import { selects } from "./labels.ts";
import { asLabels, asNumber, asRecord, asRecords, asText, asTexts, at, keyIn, keyOf } from "./raw.ts";
import type { CheckWorld } from "./types.ts";
import { candidatePodSpec, fullSize } from "./workload.ts";

export const twinPossible = defineCheck(
  {
    id: "twin-possible",
    number: 35,
    title: "The candidate's pods can run beside the live ones.",
    severity: "fail",
    reason:
      "A candidate is vetted by pods beside the live ones; where these can never start, every run ends at its deadline.",
    remedy: "Take out of spec.template what only one pod can have.",
  },
  (world) => {
    if (world.workload === undefined) return [];
    const place = `Deployment ${keyOf(world.workload)} spec.template.spec`;
    return [...hostPorts(place, world), ...volumes(place, world), ...antiAffinity(place, world)];
  },
);

function hostPorts(place: string, world: CheckWorld): Problem[] {
  const spec = candidatePodSpec(world);
  const onHost = spec["hostNetwork"] === true;
  return ["initContainers", "containers"].flatMap((kind) =>
    asRecords(spec[kind]).flatMap((container) =>
      asRecords(container["ports"]).flatMap((port): Problem[] => {
        const hostPort = asNumber(port["hostPort"]) ?? (onHost ? asNumber(port["containerPort"]) : undefined);
        if (hostPort === undefined || hostPort === 0) return [];
        return [
          {
            message: `${place}.${kind}[name=${asText(container["name"]) ?? "?"}] takes port ${hostPort} of its node (${onHost ? "hostNetwork: true" : "hostPort"}): no second pod fits on that node.`,
            remedy: onHost
              ? "Take hostNetwork away and let the Service reach the container's port."
              : "Take hostPort away and let the Service reach containerPort.",
          },
        ];
      }),
    ),
  );
}

function volumes(place: string, world: CheckWorld): Problem[] {
  const claims = asRecords(candidatePodSpec(world)["volumes"])
    .map((volume) => asText(at(volume, "persistentVolumeClaim", "claimName")))
    .filter((name) => name !== undefined);
  return claims.flatMap((name): Problem[] => {
    const key = keyIn(world.rollout.namespace, name);
    const claim = world.persistentVolumeClaims?.find((each) => each.metadata.name === name);
    if (claim === undefined) {
      return [
        {
          severity: "warn",
          message: `${place}.volumes uses PersistentVolumeClaim ${key}, which could not be read: whether a second pod can mount it is not known.`,
          remedy: "See that its accessModes contain ReadWriteMany or ReadOnlyMany.",
        },
      ];
    }
    const modes = asTexts(at(claim, "spec", "accessModes"));
    if (modes.includes("ReadWriteMany") || modes.includes("ReadOnlyMany")) return [];
    return [
      {
        message: `${place}.volumes uses PersistentVolumeClaim ${key}, whose spec.accessModes are [${modes.join(", ")}]: a pod on another node cannot mount it beside the live one.`,
        remedy: "Use a claim with ReadWriteMany or ReadOnlyMany, or keep this workload out of Sluice.",
      },
    ];
  });
}

/**
 * A required rule that keeps the workload's pods apart leaves room for as many pods as the topology has places. How many there are
 * is not always known, and an autoscaler may add some; a candidate that cannot start is taken away at its deadline before any user
 * meets it. So not knowing is a warning, and only too few is a failure.
 */
function antiAffinity(place: string, world: CheckWorld): Problem[] {
  const labels = asLabels(at(world.workload, "spec", "template", "metadata", "labels"));
  const rules = asRecords(
    at(
      asRecord(candidatePodSpec(world)["affinity"]),
      "podAntiAffinity",
      "requiredDuringSchedulingIgnoredDuringExecution",
    ),
  );
  const wanted = 2 * fullSize(world);
  return rules.flatMap((rule, index): Problem[] => {
    // Told apart by ReplicaSet, live pods and the candidate's do not keep each other away.
    if (asTexts(rule["matchLabelKeys"]).includes("pod-template-hash")) return [];
    if (!selects(rule["labelSelector"], labels)) return [];
    const topologyKey = asText(rule["topologyKey"]) ?? "";
    const places = world.topologyDomains?.[topologyKey];
    if (places !== undefined && places >= wanted) return [];
    const field = `${place}.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[${index}]`;
    return [
      {
        severity: places === undefined ? "warn" : "fail",
        message: `${field} keeps the candidate's pods away from the live ones: together they need ${wanted} different values of ${topologyKey}, and ${places === undefined ? "how many the nodes have is not known" : `the nodes have ${places}`}.`,
        remedy: `Let the rule keep apart only pods of one version (Kubernetes 1.29 or newer):\n- topologyKey: ${topologyKey}\n  matchLabelKeys: [pod-template-hash]\nor use preferredDuringSchedulingIgnoredDuringExecution.`,
      },
    ];
  });
}
