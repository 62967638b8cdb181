import type { Receiver } from "../../src/notify/receiver.test-helper.ts";
import { until } from "../lab/wait.ts";

interface Block {
  text?: { text?: string };
  fields?: readonly { text?: string }[];
}

const EMOJI: readonly (readonly [string, string])[] = [
  [":white_check_mark:", "✅"],
  [":x:", "❌"],
  [":grey_question:", "❔"],
];
const ESCAPED: readonly (readonly [string, string])[] = [
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&amp;", "&"],
];

/** A message as people read it in the channel, in plain text: what Slack makes bold or monospaced is as any other. */
export function asInChannel(message: object): string {
  const { text = "", attachments = [] } = message as { text?: string; attachments?: { blocks?: Block[] }[] };
  const blocks = attachments.flatMap(({ blocks: all }) => all ?? []);
  return [text, ...blocks.map(section)].map(plain).join("\n\n");
}

function section({ text, fields = [] }: Block): string {
  return [...(text?.text === undefined ? [] : [text.text]), ...fields.map(field)].join("\n");
}

/** A field's name stands above its value. */
function field({ text = "" }: { text?: string }): string {
  return text.replace("\n", ": ");
}

function plain(marked: string): string {
  const words = [...EMOJI, ...ESCAPED].reduce((rest, [from, to]) => rest.replaceAll(from, to), marked);
  return words.replaceAll(/\*(\S|\S[^*\n]*\S)\*/g, "$1").replaceAll("`", "");
}

export interface Channel {
  /** The newest message whose title has this in it, once it has come. */
  told(title: string): Promise<Readonly<Record<string, unknown>>>;
}

/** A Slack channel, by what its webhook took. */
export function channelOf(receiver: Receiver): Channel {
  const headline = (json: Record<string, unknown>) => String(json["text"]).replace(/^[^:]*: /, "");
  return {
    told: (title) =>
      until(`the channel was told of: ${title}`, () => {
        const found = receiver.taken.findLast(({ json }) => headline(json).includes(title));
        return found?.json;
      }),
  };
}
