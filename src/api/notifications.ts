import { z } from "zod";
import { dnsLabelSchema, nameSchema, parsedBy, text, timeSchema } from "./fields.ts";
import { exactlyOneOf, listMap, listSet, MEMBERS, withRules } from "./rule.ts";
import type { Parsed } from "./units.ts";

/** From the least to the most pressing. */
export const SEVERITIES = ["Info", "Warning", "Critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a run tells people. Names are stable: they are written into specs. */
export const NOTIFICATION_EVENTS = [
  "Started",
  "StepAdvanced",
  "StepPassed",
  "WaitingForWindow",
  "ApprovalNeeded",
  "Paused",
  "PreflightFailed",
  "Stalled",
  "WeightReset",
  "SLOBreached",
  "RollingBack",
  "RolledBack",
  "UsersMoved",
  "Undoing",
  "Promoted",
  "Aborted",
  "Superseded",
  "CommandRefused",
  "HoldBroken",
  "TwinEdited",
  "RouteContended",
] as const;
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];

/** What a template may name in double braces. */
export const TEMPLATE_WORDS = [
  "rollout",
  "namespace",
  "run",
  "event",
  "severity",
  "title",
  "why",
  "step",
  "weight",
  "command",
] as const;
export type TemplateWord = (typeof TEMPLATE_WORDS)[number];

const TEMPLATE_PATTERN = new RegExp(String.raw`^([^{]|\{[^{]|\{\{ ?(${TEMPLATE_WORDS.join("|")}) ?\}\})*\{?$`);

const secretRefTo = (key: string, value: string) =>
  z.strictObject({
    name: nameSchema.describe("Name of the Secret."),
    key: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[-._a-zA-Z0-9]+$/, "expected a key of a Secret: letters, digits, '-', '_' and '.'")
      .default(key)
      .describe(`The key whose value is ${value}.`),
    from: z
      .enum(["Controller", "Rollout"])
      .default("Controller")
      .describe(
        "Whose namespace the Secret is in: the controller's, or this Rollout's, where a Role must let the controller read it.",
      ),
  });
const secretRefSchema = secretRefTo("url", "the URL to send to");

const CHANNEL_ID_PATTERN = "^[CDG][A-Z0-9]+$";
const CHANNEL_ID_EXPECTED =
  'expected the ID of a Slack channel, such as "C0123456789": Slack shows it at the end of the channel\'s details';

function parseChannelId(id: unknown): Parsed<string> {
  if (typeof id === "string" && id.length <= 32 && new RegExp(CHANNEL_ID_PATTERN).test(id))
    return { ok: true, value: id };
  return { ok: false, message: `${CHANNEL_ID_EXPECTED}; got ${JSON.stringify(id)}` };
}

const channelIdSchema = text(parsedBy(parseChannelId), 32, [
  { rule: `self.matches('${CHANNEL_ID_PATTERN}')`, message: CHANNEL_ID_EXPECTED },
]);

/** A channel has exactly one kind. To add one: a field, and its name here. */
export const CHANNEL_KINDS = ["slack", "slackBot", "teams", "webhook", "alertmanager"] as const;

export const channelSchema = withRules(
  z.strictObject({
    name: dnsLabelSchema.describe("Name of the channel, unique in the list: conditions and logs name it."),
    minSeverity: z.enum(SEVERITIES).default("Info").describe("What presses less is not sent here."),
    events: listSet(z.array(z.enum(NOTIFICATION_EVENTS)).max(NOTIFICATION_EVENTS.length))
      .default([])
      .describe("Only these are sent here; all of them when the list is empty."),
    template: z
      .string()
      .min(1)
      .max(1000)
      .regex(
        TEMPLATE_PATTERN,
        `expected text in which double braces hold one of: ${TEMPLATE_WORDS.join(", ")}, such as "{{rollout}}: {{why}}"`,
      )
      .optional()
      .describe(
        `The sentence that a message begins with, instead of Sluice's own. Filled in: ${TEMPLATE_WORDS.map((word) => `\`{{${word}}}\``).join(", ")}.`,
      ),
    slack: z
      .strictObject({ secretRef: secretRefSchema.describe("The Secret that holds the incoming webhook's URL.") })
      .optional()
      .describe("A Slack channel, by an incoming webhook."),
    slackBot: z
      .strictObject({
        secretRef: secretRefTo("token", "the bot token").describe(
          "The Secret that holds the bot token. Its key `apiUrl`, when there is one, is used instead of https://slack.com/api.",
        ),
        channel: channelIdSchema.describe("ID of the channel; names change, and a message cannot be updated by them."),
      })
      .optional()
      .describe(
        "A Slack channel, by an app's bot token: one message a run, kept up to date, with details in its thread.",
      ),
    teams: z
      .strictObject({ secretRef: secretRefSchema.describe("The Secret that holds the workflow's URL.") })
      .optional()
      .describe("A Microsoft Teams channel, by a workflow that begins when a webhook request is received."),
    webhook: z
      .strictObject({
        secretRef: secretRefSchema.describe(
          "The Secret that holds the URL. Its key `signingKey`, when there is one, signs what is sent: HMAC-SHA256, in the header `X-Signature`.",
        ),
      })
      .optional()
      .describe("Any HTTP receiver of CloudEvents 1.0, in the structured mode."),
    alertmanager: z
      .strictObject({
        secretRef: secretRefSchema.describe(
          "The Secret that holds Alertmanager's base URL. Its key `token`, when there is one, is sent as a bearer token.",
        ),
      })
      .optional()
      .describe("An Alertmanager: one alert a run, up as long as something presses."),
  }),
  exactlyOneOf(CHANNEL_KINDS, "a channel is of one kind"),
).meta({ [MEMBERS]: CHANNEL_KINDS });
export type Channel = z.output<typeof channelSchema>;

export const notificationsSchema = z.strictObject({
  channels: listMap(z.array(channelSchema).max(10), "name")
    .default([])
    .describe("Who is told what the runs do. A run keeps the channels that it began with."),
});

export const notifiedSchema = z.object({
  channel: z.string().describe("The channel's name."),
  key: z
    .string()
    .optional()
    .describe("The idempotency key of the last message that it took; absent while it has taken none."),
  at: timeSchema.optional().describe("When what that message tells of happened."),
  ts: z.string().optional().describe("Slack's name for the message of this run that a bot keeps up to date."),
});
export type Notified = z.output<typeof notifiedSchema>;
