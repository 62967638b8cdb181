import type { KubeObject } from "../kube/port.ts";

/** Objects as `-o json` and `-o yaml` print them, as the API server has them. */
export async function serialize(
  value: KubeObject | { apiVersion: string; kind: string; items: KubeObject[] },
  format: "json" | "yaml",
): Promise<string> {
  if (format === "json") return `${JSON.stringify(value, null, 2)}\n`;
  const { stringify } = await import("yaml");
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}
