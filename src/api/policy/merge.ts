import type { Channel } from "../notifications.ts";
import type { Window } from "../windows.ts";
import type { Origins } from "./origins.ts";

type Fields = Record<string, unknown>;

/** What one source states; `from` is how origins name it. */
export interface Layer {
  from: string;
  spec: Fields;
}

export interface SourcedWindow extends Window {
  from: string;
}

export interface Merged {
  /** As a Rollout would state it. Its windows are the Rollout's own. */
  spec: Fields;
  windows: SourcedWindow[];
  /** By field: who states it. */
  statedBy: Origins;
  /** By name, who says so. */
  channelsBy: Origins;
}

/**
 * Lays the sources over each other, the last one on top. Objects are merged field by field; a list is stated as a whole, but for two:
 * channels are added up, and one that is named again is replaced; windows are all kept, since each source's windows count by themselves.
 */
export function mergeLayers(layers: readonly Layer[]): Merged {
  const spec: Fields = {};
  const statedBy: Record<string, string> = {};
  const channels = new Map<string, { channel: Channel; from: string }>();
  const windows: SourcedWindow[] = [];
  for (const { from, spec: layer } of layers) {
    const { windows: own, notifications, ...rest } = layer;
    overlay(spec, rest, "", (field) => void (statedBy[field] = from));
    for (const window of (own ?? []) as Window[]) windows.push({ ...window, from });
    for (const channel of (notifications as { channels?: Channel[] } | undefined)?.channels ?? [])
      channels.set(channel.name, { channel, from });
  }
  const top = layers.at(-1)?.spec ?? {};
  if (top["windows"] !== undefined) spec["windows"] = top["windows"];
  spec["notifications"] = { channels: [...channels.values()].map(({ channel }) => channel) };
  const channelsBy = Object.fromEntries([...channels].map(([name, { from }]) => [name, from]));
  return { spec, windows, statedBy, channelsBy };
}

function overlay(under: Fields, over: Fields, path: string, tell: (field: string) => void): void {
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const field = path === "" ? name : `${path}.${name}`;
    if (isFields(value)) {
      const below = isFields(under[name]) ? { ...under[name] } : {};
      overlay(below, value, field, tell);
      under[name] = below;
    } else {
      under[name] = value;
      tell(field);
    }
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
