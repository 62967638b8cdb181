/**
 * The sizes that Kubernetes' deployment controller gives to ReplicaSets; pure.
 * Source of the rules: kubernetes/kubernetes pkg/controller/deployment (v1.36) and what was seen of them in the lab.
 */

export interface Sized {
  name: string;
  /** As asked for. */
  replicas: number;
  available: number;
  /** Order of creation. */
  createdAt: string;
}

export interface Limits {
  replicas: number;
  maxSurge: number;
  maxUnavailable: number;
}

/** New sizes by ReplicaSet name; those that stay are left out. */
export type Sizes = Map<string, number>;

const sum = (sets: readonly Sized[], of: (set: Sized) => number) => sets.reduce((total, set) => total + of(set), 0);
const asked = (set: Sized) => set.replicas;
const oldestFirst = (a: Sized, b: Sized) => a.createdAt.localeCompare(b.createdAt) || a.name.localeCompare(b.name);

function count(value: number | string, replicas: number, round: (value: number) => number): number {
  return typeof value === "number" ? value : round((Number.parseFloat(value) / 100) * replicas);
}

/** Surge rounds up, unavailability down; both 0 would never move, so one pod may then be missing. */
export function limitsOf(replicas: number, maxSurge: number | string, maxUnavailable: number | string): Limits {
  const surge = count(maxSurge, replicas, Math.ceil);
  const unavailable = count(maxUnavailable, replicas, Math.floor);
  return { replicas, maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** What the newest ReplicaSet is to have. */
export function newSetSize(limits: Limits, newest: Sized, all: readonly Sized[]): number {
  if (newest.replicas >= limits.replicas) return limits.replicas;
  const room = limits.replicas + limits.maxSurge - sum(all, asked);
  return newest.replicas + Math.max(0, Math.min(room, limits.replicas - newest.replicas));
}

/** How far the older ones may be scaled in: pods that do not work first, then as many as can be spared. */
export function oldSetSizes(limits: Limits, newest: Sized, older: readonly Sized[]): Sizes {
  const sizes: Sizes = new Map();
  const minAvailable = limits.replicas - limits.maxUnavailable;
  const newUnavailable = newest.replicas - newest.available;
  const spare = sum(older, asked) + newest.replicas - minAvailable - newUnavailable;
  if (sum(older, asked) === 0 || spare <= 0) return sizes;
  let cleaned = 0;
  const rest = older.toSorted(oldestFirst).map((set) => {
    const broken = Math.max(0, Math.min(spare - cleaned, set.replicas - set.available));
    cleaned += broken;
    return { ...set, replicas: set.replicas - broken };
  });
  let removable = sum(older, (set) => set.available) + newest.available - minAvailable;
  for (const set of rest) {
    const removed = Math.max(0, Math.min(set.replicas, removable));
    removable -= removed;
    sizes.set(set.name, set.replicas - removed);
  }
  for (const set of older) if (sizes.get(set.name) === set.replicas) sizes.delete(set.name);
  return sizes;
}

/** The one that is scaled when only one is active, or the newest when none is; undefined when several are. */
export function activeOrLatest(newest: Sized | undefined, older: readonly Sized[]): Sized | undefined {
  const all = newest ? [newest, ...older] : [...older];
  const active = all.filter((set) => set.replicas > 0);
  if (active.length === 1) return active[0];
  return active.length > 1 ? undefined : (newest ?? older.toSorted(oldestFirst).at(-1));
}

/** The newest has taken over whole: as many available as the Deployment wants. */
export function isSaturated(limits: Limits, newest: (Sized & { desired: number }) | undefined): boolean {
  if (!newest) return false;
  return (
    newest.replicas === limits.replicas && newest.desired === limits.replicas && newest.available === limits.replicas
  );
}

/** Scaling in the middle of a roll (or of a pause): every active ReplicaSet by its share, the remainder to the largest. */
export function proportionalSizes(limits: Limits, sets: readonly (Sized & { max: number })[]): Sizes {
  const active = sets.filter((set) => set.replicas > 0);
  const total = sum(active, asked);
  const allowed = limits.replicas > 0 ? limits.replicas + limits.maxSurge : 0;
  const toAdd = allowed - total;
  const newestFirst = (a: Sized, b: Sized) => oldestFirst(b, a);
  const ordered = active.toSorted(
    (a, b) => b.replicas - a.replicas || (toAdd > 0 ? newestFirst(a, b) : oldestFirst(a, b)),
  );
  const sizes: Sizes = new Map();
  let added = 0;
  for (const set of ordered) {
    const former = set.max > 0 ? set.max : limits.replicas + limits.maxSurge;
    const share = limits.replicas === 0 ? -set.replicas : Math.round((set.replicas * allowed) / former) - set.replicas;
    const left = toAdd - added;
    const part = toAdd > 0 ? Math.min(Math.max(share, 0), left) : Math.max(Math.min(share, 0), left);
    added += part;
    sizes.set(set.name, set.replicas + part);
  }
  const [largest] = ordered;
  if (largest) sizes.set(largest.name, Math.max(0, (sizes.get(largest.name) ?? 0) + toAdd - added));
  return sizes;
}
