/** A source of numbers from [0, 1). */
export type Random = () => number;

/** A seeded source: the same seed gives the same run. Algorithm: mulberry32 by Tommy Ettinger (public domain). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A draw from the log-normal distribution with this median and sigma. Source: Box and Muller, 1958. */
export function logNormal(random: Random, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

const LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** A suffix for a generated name, in the letters that Kubernetes uses for them. */
export function nameSuffix(random: Random, length = 5): string {
  let text = "";
  for (let index = 0; index < length; index++) text += LETTERS[Math.floor(random() * LETTERS.length)];
  return text;
}

/** A short stable name for any text: 32-bit FNV-1a in the same letters. Source: draft-eastlake-fnv. */
export function hashName(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  let name = "";
  for (let rest = hash; name.length < 7; rest = Math.floor(rest / LETTERS.length))
    name += LETTERS[rest % LETTERS.length];
  return name;
}
