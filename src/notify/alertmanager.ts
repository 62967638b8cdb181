import { formatPercent } from "../api/units.ts";
import type { Message } from "./message.ts";

/** Nobody sends it again: it ends by itself, unless it is told before that all is well. */
const LASTS_MS = 3_600_000;

/**
 * Alerts for Alertmanager's API v2 (github.com/prometheus/alertmanager, api/v2/openapi.yaml). There is one alert a run, of the name
 * `SluiceRollout`: what presses raises it, progress and a good end resolve it.
 */
export function alertsOf(message: Message, headline: string): object[] {
  const { namespace, rollout, run, severity, event, at, why, commands, runUid, key } = message;
  const atMs = Date.parse(at);
  const resolved = severity === "Info";
  return [
    {
      labels: { alertname: "SluiceRollout", namespace, rollout, run },
      annotations: {
        summary: headline,
        description: why,
        severity: severity.toLowerCase(),
        event,
        weight: formatPercent(message.weightPercent),
        command: commands[0]?.line ?? "",
        id: `${runUid}.${key}`,
      },
      // Without a start Alertmanager takes the one that it knows: a resolved alert must not begin after it ended.
      ...(resolved ? {} : { startsAt: at }),
      endsAt: new Date(resolved ? atMs : atMs + LASTS_MS).toISOString(),
    },
  ];
}
