import { InvalidArgumentError } from "commander";

/**
 * Milliseconds of `10s`, `2m`, `500ms`. The parser of our kinds would bring their schemas, which help does not need.
 * @throws InvalidArgumentError
 */
export function parseWait(text: string): number {
  const match = /^(\d{1,6})(ms|s|m)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected a duration such as "10s".');
  return Number(match[1]) * { ms: 1, s: 1000, m: 60_000 }[match[2] as "ms" | "s" | "m"];
}
