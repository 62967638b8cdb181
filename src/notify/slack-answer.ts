import { type Hide, type Outcome, outcomeOf } from "./outcome.ts";
import type { PostAnswer } from "./post.ts";
import { shorten } from "./shorten.ts";

/** What Slack's Web API answered. */
export type SlackSaid =
  | { kind: "ok"; ts: string }
  /** The message that was to be updated or replied to is gone, or is somebody else's. */
  | { kind: "lost"; why: string }
  /** The message is there, and the workspace does not let it be edited any more. */
  | { kind: "fixed"; why: string }
  | Exclude<Outcome, { kind: "sent" | "part" }>;

const LOST: readonly string[] = [
  "message_not_found",
  "thread_not_found",
  "cant_update_message",
  "cannot_reply_to_message",
];

/** Slack's own trouble, or too much at once: the same may succeed later. */
const LATER: readonly string[] = [
  "ratelimited",
  "rate_limited",
  "message_limit_exceeded",
  "fatal_error",
  "internal_error",
  "service_unavailable",
  "request_timeout",
  "update_failed",
  "team_added_to_org",
];

const UNREADABLE: readonly string[] = [
  "invalid_blocks",
  "invalid_blocks_format",
  "invalid_attachments",
  "too_many_attachments",
  "attachment_payload_limit_exceeded",
  "msg_too_long",
  "msg_blocks_too_long",
  "no_text",
  "invalid_arguments",
  "invalid_json",
  "json_not_object",
];

const NEW_TOKEN = "put the app's current bot token into the Secret";
const INSTALL = `install the app in the workspace again, and ${NEW_TOKEN}`;
const CHANNEL = "check the ID in slackBot.channel, and invite the app where the channel is private: /invite @APP";
const ADMIN = "a setting of the channel or the workspace forbids it: ask a Slack administrator";

/** What to do about an error that somebody has to mend (docs.slack.dev/reference/methods/chat.postMessage, errors). */
const REMEDY: Readonly<Record<string, string>> = {
  not_authed: NEW_TOKEN,
  invalid_auth: `the token is not accepted: ${NEW_TOKEN}`,
  token_expired: `the token has expired: ${NEW_TOKEN}, with token rotation switched off in the app`,
  token_revoked: `the token was revoked: ${INSTALL}`,
  account_inactive: `the app or its workspace was removed: ${INSTALL}`,
  not_allowed_token_type: `it must be a bot token, which begins with xoxb-: ${NEW_TOKEN}`,
  missing_scope: `give the app the bot scope chat:write, ${INSTALL}`,
  no_permission: `give the app the bot scope chat:write, ${INSTALL}`,
  channel_not_found: CHANNEL,
  not_in_channel: "invite the app to the channel: /invite @APP",
  is_archived: "the channel is archived: unarchive it, or name another",
  channel_type_not_supported: CHANNEL,
  access_denied: ADMIN,
  ekm_access_denied: ADMIN,
  team_access_not_granted: ADMIN,
  org_login_required: ADMIN,
  restricted_action: ADMIN,
  restricted_action_read_only_channel: ADMIN,
  restricted_action_thread_only_channel: ADMIN,
  restricted_action_non_threadable_channel: `${ADMIN}; a bot tells details in a thread`,
  restricted_action_thread_locked: `${ADMIN}; a bot tells details in a thread`,
};

/** HTTP 200 says nothing yet: whether it was done stands in the body. */
export function readSlackAnswer(answer: PostAnswer, hide: Hide): SlackSaid {
  if (answer.kind === "failed") return { kind: "later", why: answer.message, afterMs: undefined };
  const byHttp = outcomeOf(answer, hide);
  if (byHttp.kind !== "sent") return byHttp;
  const said = parse(answer.body, hide);
  if (said === undefined) {
    const why = `answered ${answer.status} with something that is not of Slack's Web API (a proxy in between, or a wrong apiUrl in the Secret)`;
    return { kind: "refused", why };
  }
  if (said.ok) return { kind: "ok", ts: said.ts };
  const { error } = said;
  const why = `answered ${error}${said.details === "" ? "" : `: ${said.details}`}`;
  if (LOST.includes(error)) return { kind: "lost", why };
  if (error === "edit_window_closed") return { kind: "fixed", why };
  if (LATER.includes(error)) return { kind: "later", why, afterMs: answer.retryAfterMs };
  if (UNREADABLE.includes(error)) return { kind: "unreadable", why };
  return { kind: "refused", why: `${why} (${REMEDY[error] ?? "docs.slack.dev says what it means"})` };
}

type Parsed = { ok: true; ts: string } | { ok: false; error: string; details: string };

function parse(body: string, hide: Hide): Parsed | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  const { ok, ts, error, needed, response_metadata: metadata } = json as Record<string, unknown>;
  if (ok === true && typeof ts === "string") return { ok: true, ts };
  if (ok !== false || typeof error !== "string") return undefined;
  const messages = (metadata as { messages?: unknown } | undefined)?.messages;
  const first: unknown = Array.isArray(messages) ? messages[0] : undefined;
  const details = typeof first === "string" ? first : typeof needed === "string" ? `it needs ${needed}` : "";
  return { ok: false, error: shorten(hide(error), 100), details: shorten(hide(details), 200) };
}
