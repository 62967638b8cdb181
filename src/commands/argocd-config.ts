import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { VERBS } from "../api/phase.ts";

const folder = join(import.meta.dirname, "..", "..", "deploy", "argocd");

/**
 * deploy/argocd/argocd-cm.yaml: the Lua files beside it as Argo CD reads them, a patch of its ConfigMap. Scripts are in files of
 * their own so that they can be read, and tested, as what they are.
 */
export function argocdConfigMap(): string {
  const actions = {
    "discovery.lua": script("sluice.dev/RolloutRun/actions/discovery.lua"),
    definitions: VERBS.map((verb) => ({
      name: verb,
      "action.lua": script("sluice.dev/RolloutRun/actions/command.lua").replace("VERB", verb),
    })),
  };
  const data = {
    "resource.customizations.health.sluice.dev_Rollout": script("sluice.dev/Rollout/health.lua"),
    "resource.customizations.health.sluice.dev_RolloutRun": script("sluice.dev/RolloutRun/health.lua"),
    "resource.customizations.actions.sluice.dev_RolloutRun": stringify(actions, { lineWidth: 0 }),
    "resource.customizations.health.apps_Deployment": script("apps/Deployment/health.lua"),
  };
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "argocd-cm", namespace: "argocd", labels: { "app.kubernetes.io/part-of": "argocd" } },
    data,
  };
  return stringify(object, { lineWidth: 0 });
}

function script(path: string): string {
  return readFileSync(join(folder, path), "utf8");
}
