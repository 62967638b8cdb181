/** A command as this person would type it: from a checkout it goes through npm. */
export function typed(args: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env["npm_lifecycle_event"] === "sluice" ? `npm run -s sluice -- ${args}` : `sluice ${args}`;
}
