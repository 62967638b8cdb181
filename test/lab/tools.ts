import { buildTool, type Say } from "./tools/build.ts";
import { toolNamed, tools, type ToolName } from "./tools/catalogue.ts";
import { crdFile } from "./tools/crds.ts";
import { findTool } from "./tools/find.ts";

export type { ToolName } from "./tools/catalogue.ts";

/** One line at a time on standard error, so that a command's own output stays clean. */
export const sayOnStderr: Say = (line) => process.stderr.write(`lab: ${line}\n`);

/**
 * Path of a tool's binary, built if nobody has it yet.
 *
 * @example const etcd = await ensureTool("etcd");
 */
export async function ensureTool(name: ToolName, say: Say = sayOnStderr): Promise<string> {
  const tool = toolNamed(name);
  return findTool(tool) ?? (await buildTool(tool, say));
}

/**
 * Everything that a full lab needs, one after the other: each Go build uses all cores by itself. A shell that cannot be had is said and
 * left out: the test that asks for it will say so again, and fail.
 */
export async function prepareTools(
  names: readonly ToolName[] = tools.map((tool) => tool.name),
  say: Say = sayOnStderr,
): Promise<Map<ToolName, string>> {
  const paths = new Map<ToolName, string>();
  for (const name of names) {
    try {
      paths.set(name, await ensureTool(name, say));
    } catch (error) {
      if (toolNamed(name).source.type !== "debian") throw error;
      say(error instanceof Error ? error.message : String(error));
    }
  }
  if (paths.has("pilot-discovery")) {
    await crdFile("istio-crds", say);
    await crdFile("gateway-api-crds", say);
  }
  return paths;
}
