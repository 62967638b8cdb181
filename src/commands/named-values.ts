import { usage } from "./failure.ts";

const NAME = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";

/**
 * Reads `NAME=VALUE` pairs; a bare value belongs to `default`. A value may hold `=` itself: what stands before the first one is a
 * name only when it looks like one.
 * @param what names the option in messages
 * @throws CommandFailure when a name comes twice, or a value is empty
 */
export function parseNamed(what: string, texts: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const text of texts) {
    const match = new RegExp(`^(?:(${NAME})=)?(.*)$`, "s").exec(text);
    const name = match?.[1] ?? "default";
    const value = match?.[2] ?? "";
    if (value === "") throw usage(`${what} ${JSON.stringify(text)}: nothing stands after the name`);
    if (values.has(name))
      throw usage(
        `${what} is given twice for ${JSON.stringify(name)}: give each its own name, as in ${what} other=...`,
      );
    values.set(name, value);
  }
  return values;
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
