import type { Severity } from "../api/notifications.ts";
import { formatPercent } from "../api/units.ts";
import type { Message, ObjectiveLine } from "./message.ts";
import { shorten } from "./shorten.ts";
import { sparkline } from "./sparkline.ts";

/** Teams refuses messages above 28 KB (learn.microsoft.com/microsoftteams/limits-specifications-teams); what is cut is far below. */
const LONGEST = 2_000;
const SHORT = 500;
const MOST_OBJECTIVES = 5;

const STYLE: Readonly<Record<Severity, string>> = { Info: "good", Warning: "warning", Critical: "attention" };

interface Text {
  type: "TextBlock";
  text: string;
  wrap: true;
  [property: string]: unknown;
}

/** The body for a Teams workflow "when a webhook request is received": an Adaptive Card of version 1.4, the newest that every client shows. */
export function teamsBody(message: Message, headline: string): object {
  const body = [
    {
      type: "Container",
      style: STYLE[message.severity],
      bleed: true,
      items: [text(headline, { weight: "bolder", size: "medium" })],
    },
    text(message.title),
    ...(message.why === "" ? [] : [text(message.why, { isSubtle: true })]),
    {
      type: "FactSet",
      facts: [
        fact("Step", message.step),
        fact("Users on the new version", formatPercent(message.weightPercent)),
        fact("Run", message.run),
        fact("Version", `${message.from} → ${message.to}`),
      ],
    },
    ...message.objectives.slice(0, MOST_OBJECTIVES).flatMap(objective),
    ...message.commands.flatMap(({ line, effect }) => [
      text(line, { fontType: "monospace" }),
      text(effect, { isSubtle: true, spacing: "none" }),
    ]),
  ];
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          fallbackText: plain(headline, SHORT),
          msteams: { width: "Full" },
          body,
        },
      },
    ],
  };
}

/** Teams takes some of Markdown for markup in a TextBlock; each such character is shown as it is behind a backslash. */
export function escapeTeams(value: string): string {
  return value.replaceAll(/[\\`*_[\]()#>~<|]/g, "\\$&");
}

/** Cut before it is escaped, so that no escape is cut in two. */
function plain(value: string, most: number): string {
  return escapeTeams(shorten(value, most));
}

function text(value: string, more: object = {}): Text {
  return { type: "TextBlock", text: plain(value, LONGEST), wrap: true, ...more };
}

function fact(title: string, value: string): object {
  return { title, value: plain(value, SHORT) };
}

function objective({ text: said, verdict, series, limitFraction }: ObjectiveLine): Text[] {
  const mark = verdict === "pass" ? "✅" : verdict === "breach" ? "❌" : "❔";
  const line = sparkline(series, limitFraction);
  const numbers = text(`${mark} ${shorten(said, SHORT)}`);
  return line === "" ? [numbers] : [numbers, text(line, { fontType: "monospace", spacing: "none" })];
}
