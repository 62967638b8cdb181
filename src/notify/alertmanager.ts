import { formatPercent } from "../api/units.ts";
import type { Message } from "./message.ts";

/** It is sent again long before; without a controller it ends by itself. */
const LASTS_MS = 3_600_000;

/**
 * Alerts for Alertmanager's API v2 (github.com/prometheus/alertmanager, api/v2/openapi.yaml). There is one alert a run, of the name
 * `SluiceRollout`: what presses raises it, for a time from `nowMs` on; progress and a good end resolve it.
 */
export function alertsOf(message: Message, headline: string, nowMs: number): object[] {
  const { namespace, rollout, run, severity, event, at, why, commands, runUid, key } = message;
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
      endsAt: resolved ? at : new Date(nowMs + LASTS_MS).toISOString(),
    },
  ];
}
