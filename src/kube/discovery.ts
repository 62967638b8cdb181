import { isRecord } from "./answer.ts";
import { isNotFound } from "./errors.ts";
import type { Resource } from "./port.ts";
import { groupVersionPath } from "./url.ts";

/**
 * Lists what a group serves, the server's preferred version first; [] when it does not know the group.
 * @param get reads a path; rejects with ApiError
 */
export async function discoverGroup(
  group: string,
  get: (path: string) => Promise<Record<string, unknown>>,
): Promise<Resource[]> {
  try {
    const versions = group === "" ? ["v1"] : preferenceOrder(await get(`/apis/${encodeURIComponent(group)}`));
    const lists = await Promise.all(
      versions.map(async (version) => readList(group, version, await get(groupVersionPath(group, version)))),
    );
    return lists.flat();
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function preferenceOrder(answer: Record<string, unknown>): string[] {
  const listed = records(answer.versions).map((version) => String(version.version));
  const preferred = isRecord(answer.preferredVersion) ? String(answer.preferredVersion.version) : undefined;
  return preferred === undefined ? listed : [preferred, ...listed.filter((version) => version !== preferred)];
}

function readList(group: string, version: string, answer: Record<string, unknown>): Resource[] {
  return records(answer.resources)
    .filter((entry) => !String(entry.name).includes("/"))
    .map((entry) => ({
      group,
      version,
      plural: String(entry.name),
      kind: String(entry.kind),
      namespaced: entry.namespaced === true,
    }));
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
