import { InvalidArgumentError } from "commander";
import { parseDuration } from "../api/units.ts";

/** Milliseconds of `10s`, `1h30m`, `500ms`: as everywhere. @throws InvalidArgumentError */
export function parseWait(text: string): number {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new InvalidArgumentError(`E${parsed.message.slice(1)}.`);
  return parsed.value;
}
