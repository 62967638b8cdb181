import { allCrds } from "../api/crd/kinds.ts";
import { crdYaml } from "../api/crd/yaml.ts";

/**
 * `sluice crds`: the CustomResourceDefinitions of this very version, as YAML on standard output.
 *
 * @example sluice crds | kubectl apply --server-side -f -
 */
export function crdsCommand(): string {
  return allCrds().map(crdYaml).join("---\n");
}
