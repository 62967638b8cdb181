import { z } from "zod";
import { dnsLabelSchema, nameSchema, timeSchema } from "./fields.ts";
import { exactlyOneOf, listMap, listSet, MEMBERS, withRules } from "./rule.ts";

/** From the least to the most pressing. */
export const SEVERITIES = ["Info", "Warning", "Critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a run tells people. Names are stable: they are written into specs. */
export const NOTIFICATION_EVENTS = [
  "Started",
  "StepAdvanced",
  "StepPassed",
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

const secretRefSchema = z.strictObject({
  name: nameSchema.describe("Name of the Secret."),
  key: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[-._a-zA-Z0-9]+$/, "expected a key of a Secret: letters, digits, '-', '_' and '.'")
    .default("url")
    .describe("The key whose value is the URL to send to."),
  from: z
    .enum(["Controller", "Rollout"])
    .default("Controller")
    .describe(
      "Whose namespace the Secret is in: the controller's, or this Rollout's, where a Role must let the controller read it.",
    ),
});

/** A channel has exactly one kind. To add one: a field, and its name here. */
const CHANNEL_KINDS = ["slack", "teams", "webhook", "alertmanager"] as const;

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
      .describe("An Alertmanager: one alert a run, raised by what presses and resolved by what goes well."),
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
  key: z.string().describe("The idempotency key of the last message that it took."),
  at: timeSchema.describe("When what that message tells of happened."),
});
export type Notified = z.output<typeof notifiedSchema>;
