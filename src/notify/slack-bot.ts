import type { Message } from "./message.ts";
import type { Telling, Thread } from "./outcome.ts";
import type { PostRequest } from "./post.ts";
import { slackDetails, slackPlainBody, slackSummary } from "./slack.ts";
import { readSlackAnswer } from "./slack-answer.ts";

export const SLACK_API = "https://slack.com/api";

export interface BotChannel {
  /** The channel's ID. */
  channel: string;
  token: string;
  /** Where Slack's Web API is. */
  apiUrl: string;
}

/**
 * The next request of those that tell a message by a bot (docs.slack.dev/reference/methods/chat.postMessage and chat.update). First the
 * run's own message is made, or updated to what this one says; then the details follow in its thread. One request at a time: a channel
 * takes one a second, and what Slack called the run's message must be on record before anything else is sent.
 */
export function tellByBot(bot: BotChannel, message: Message, headline: string, thread: Thread | undefined): Telling {
  const summaries = [slackSummary(message, headline), slackPlainBody(message, headline)];
  if (thread === undefined) {
    return {
      requests: summaries.map((body) => ask(bot, "chat.postMessage", { ...body, ...QUIET })),
      outcomeOf: (answer, hide) => {
        const said = readSlackAnswer(answer, hide);
        if (said.kind === "lost" || said.kind === "fixed") return { kind: "refused", why: said.why };
        return said.kind === "ok" ? { kind: "part", thread: { ts: said.ts, shows: message.key } } : said;
      },
    };
  }
  const shown: Thread = { ...thread, shows: message.key };
  // What happened beside the run's way does not change what is said about where it is.
  if (thread.shows !== message.key && !message.aside) {
    // An update without attachments would leave those that are there.
    const bodies = summaries.map((body) => ({ attachments: [], ...body, ts: thread.ts }));
    return {
      requests: bodies.map((body) => ask(bot, "chat.update", body)),
      outcomeOf: (answer, hide) => {
        const said = readSlackAnswer(answer, hide);
        if (said.kind === "lost") return { kind: "part", thread: undefined };
        return said.kind === "ok" || said.kind === "fixed" ? { kind: "part", thread: shown } : said;
      },
    };
  }
  // A reply and an update alert nobody: what presses is shown in the channel as well.
  const place = { thread_ts: thread.ts, reply_broadcast: message.severity !== "Info" };
  return {
    requests: [slackDetails(message, headline), slackPlainBody(message, headline)].map((body) =>
      ask(bot, "chat.postMessage", { ...body, ...QUIET, ...place }),
    ),
    outcomeOf: (answer, hide) => {
      const said = readSlackAnswer(answer, hide);
      if (said.kind === "lost") return { kind: "part", thread: undefined };
      if (said.kind === "fixed") return { kind: "refused", why: said.why };
      return said.kind === "ok" ? { kind: "sent" } : said;
    },
  };
}

/** No previews of links that a reason may hold. */
const QUIET = { unfurl_links: false, unfurl_media: false };

function ask({ channel, token, apiUrl }: BotChannel, method: string, body: object): PostRequest {
  return {
    url: `${apiUrl.replace(/\/+$/, "")}/${method}`,
    headers: { "content-type": "application/json; charset=utf-8", authorization: `Bearer ${token}` },
    body: JSON.stringify({ channel, ...body }),
  };
}
