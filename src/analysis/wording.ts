/** How numbers read in the sentences that people get. Pure text: nothing is decided here. */

/** `52.0 %`, `0.25 %`: the fraction 0..1 in percent. */
export function percentText(fraction: number): string {
  const percent = fraction * 100;
  return `${percent >= 10 ? percent.toFixed(1) : Number(percent.toPrecision(2))} %`;
}

/** `2 %` of a limit as it was written: no more digits than it has. */
export function limitText(fraction: number): string {
  return `${Number((fraction * 100).toFixed(4))} %`;
}

/** `3.1e6`, `0.4`, `12`: enough to compare with a threshold. */
export function eText(e: number): string {
  if (e < 1000) return String(Number(e.toPrecision(2)));
  return e.toExponential(1).replace("e+", "e").replace(".0e", "e");
}

/** `45 s`, `3 min`, `2 h`: a time that has passed. */
export function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** `1 request`, `98 requests`. */
export function requestsText(count: number): string {
  const whole = Math.round(count);
  return `${whole} ${whole === 1 ? "request" : "requests"}`;
}
