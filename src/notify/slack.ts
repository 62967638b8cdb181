import type { Severity } from "../api/notifications.ts";
import { formatPercent } from "../api/units.ts";
import type { Message, ObjectiveLine } from "./message.ts";
import { shorten } from "./shorten.ts";
import { sparkline } from "./sparkline.ts";

/**
 * Block Kit's limits (docs.slack.dev/reference/block-kit/blocks/section-block): 3,000 characters a section, 2,000 a field, 10 fields. A
 * message of some 13,000 characters is refused as too long, so the sections are held below that together.
 */
const SECTION = 2_900;
const FIELD = 1_000;
const TEXT = 1_000;
const MOST_OBJECTIVES = 5;
const OBJECTIVE = 600;

const COLOUR: Readonly<Record<Severity, string>> = { Info: "#2eb67d", Warning: "#ecb22e", Critical: "#d00000" };

/** What Slack takes for markup is three characters (docs.slack.dev/messaging/formatting-message-text). */
export function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Escaped, and cut so that no escape is cut in two. */
function cut(text: string, most: number): string {
  const escaped = escapeSlack(text);
  return escaped.length <= most ? escaped : `${escaped.slice(0, most - 1).replace(/&[a-z]*$|[\uD800-\uDBFF]$/, "")}…`;
}

interface SlackBody {
  text: string;
  attachments?: readonly { color: string; blocks: readonly object[] }[];
}

/** The body for an incoming webhook. `text` is what notifications and screen readers show; the rest stands behind a bar of colour. */
export function slackBody(message: Message, headline: string): SlackBody {
  return body(message, headline, [what(message), facts(message), ...objectives(message), ...commands(message)]);
}

/** Of a message that is kept up to date: where the run is now, and what to type. */
export function slackSummary(message: Message, headline: string): SlackBody {
  return body(message, headline, [what(message), facts(message), ...commands(message)]);
}

/** Of a reply below that: what happened once, with the numbers that decided. What to type goes along where it presses. */
export function slackDetails(message: Message, headline: string): SlackBody {
  const next = message.severity === "Info" ? [] : commands(message);
  return body(message, headline, [what(message), ...objectives(message), ...next]);
}

function body({ severity }: Message, headline: string, blocks: readonly object[]): SlackBody {
  return { text: cut(headline, TEXT), attachments: [{ color: COLOUR[severity], blocks }] };
}

/** The same without blocks, for the case that the receiver refuses those: better plain than not told. */
export function slackPlainBody(message: Message, headline: string): SlackBody {
  const lines = [headline, message.why, ...message.commands.map(({ line }) => line)].filter((line) => line !== "");
  return { text: cut(shorten(lines.join("\n"), SECTION), SECTION) };
}

function what({ title, why }: Message): object {
  return section(`*${cut(title, TEXT)}*${why === "" ? "" : `\n${cut(why, SECTION - TEXT - 3)}`}`);
}

function facts(message: Message): object {
  return {
    type: "section",
    fields: [
      field("Step", message.step),
      field("Users on the new version", formatPercent(message.weightPercent)),
      field("Run", message.run),
      field("Version", `${message.from} → ${message.to}`),
    ],
  };
}

function section(text: string): object {
  return { type: "section", text: { type: "mrkdwn", text } };
}

function field(name: string, value: string): object {
  return { type: "mrkdwn", text: `*${name}*\n${cut(value, FIELD)}` };
}

function objectives({ objectives: all }: Message): object[] {
  const lines = all.slice(0, MOST_OBJECTIVES).map(objective);
  if (all.length > MOST_OBJECTIVES) lines.push(`and ${all.length - MOST_OBJECTIVES} more`);
  return lines.length === 0 ? [] : [section(lines.join("\n"))];
}

function objective({ text, verdict, series, limitFraction }: ObjectiveLine): string {
  const mark = verdict === "pass" ? ":white_check_mark:" : verdict === "breach" ? ":x:" : ":grey_question:";
  const line = sparkline(series, limitFraction);
  return `${mark} ${cut(text, OBJECTIVE - 60)}${line === "" ? "" : `\n\`${line}\``}`;
}

function commands({ commands: all }: Message): object[] {
  if (all.length === 0) return [];
  return [section(all.map(({ line, effect }) => `\`${cut(line, 300)}\` ${escapeSlack(effect)}`).join("\n"))];
}
