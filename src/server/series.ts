import type { Gauge } from "prom-client";

type Labels = Readonly<Record<string, string>>;

/** Series of gauges and counters that belong to something that can vanish, so that they can go with it. */
export interface OwnedSeries {
  /** Sets a series; the one set before in the same `slot` goes when its labels were others. */
  set(owner: string, slot: string, gauge: Removable & Pick<Gauge, "set">, labels: Labels, value: number): void;
  /** Notes a series that was set elsewhere. */
  own(owner: string, slot: string, metric: Removable, labels: Labels): void;
  /** Removes the owner's series; with `prefix` only those in slots that begin so. */
  drop(owner: string, prefix?: string): void;
}

interface Removable {
  remove(labels: Labels): void;
}

interface Entry {
  metric: Removable;
  labels: Labels;
}

export function createOwnedSeries(): OwnedSeries {
  const owners = new Map<string, Map<string, Entry>>();

  function note(owner: string, slot: string, metric: Removable, labels: Labels): void {
    const slots = owners.get(owner) ?? new Map<string, Entry>();
    owners.set(owner, slots);
    const before = slots.get(slot);
    if (before !== undefined && !sameLabels(before.labels, labels)) before.metric.remove(before.labels);
    slots.set(slot, { metric, labels });
  }

  return {
    set(owner, slot, gauge, labels, value) {
      note(owner, slot, gauge, labels);
      gauge.set(labels, value);
    },
    own: note,
    drop(owner, prefix = "") {
      const slots = owners.get(owner);
      if (slots === undefined) return;
      for (const [slot, { metric, labels }] of slots) {
        if (!slot.startsWith(prefix)) continue;
        metric.remove(labels);
        slots.delete(slot);
      }
      if (slots.size === 0) owners.delete(owner);
    },
  };
}

function sameLabels(a: Labels, b: Labels): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
