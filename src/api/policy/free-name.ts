/** `name`, or the first of name-2, name-3 ... that is not in `taken`. Never longer than a DNS label. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  for (let count = 2; ; count += 1) {
    const next = `${name.slice(0, 59)}-${count}`;
    if (!taken.includes(next)) return next;
  }
}
