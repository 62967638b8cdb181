import { stringify } from "yaml";
import type { CustomResourceDefinition } from "./definition.ts";

/** A CRD as text that is the same on every machine. */
export function crdYaml(crd: CustomResourceDefinition): string {
  return stringify(crd, { lineWidth: 0, aliasDuplicateObjects: false });
}
