/** A metav1.MicroTime as Go parses it: exactly six digits after the point, "2026-01-02T03:04:05.678000Z". Milliseconds in. */
export function microTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace("Z", "000Z");
}
