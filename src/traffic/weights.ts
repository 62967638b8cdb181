/**
 * The weights that give the canary `percent` (0..100, up to four decimals) of the users. They sum to 100 where whole numbers can say
 * it, since Istio before 1.15 accepts nothing else, and otherwise to the smallest power of ten that can.
 */
export function splitWeights(percent: number): { stable: number; canary: number } {
  const wanted = Math.min(100, Math.max(0, percent));
  for (let total = 100; total < 1_000_000; total *= 10) {
    const canary = (wanted * total) / 100;
    if (Math.abs(canary - Math.round(canary)) < 1e-6) {
      return { stable: total - Math.round(canary), canary: Math.round(canary) };
    }
  }
  const canary = Math.floor(wanted * 10_000 + 1e-6);
  return { stable: 1_000_000 - canary, canary };
}

/** `part` of `total` in percent, to four decimals; 0 when there is no total. */
export function sharePercent(part: number, total: number): number {
  return total > 0 ? Number(((100 * part) / total).toFixed(4)) : 0;
}
