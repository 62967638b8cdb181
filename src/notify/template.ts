import type { TemplateWord } from "../api/notifications.ts";
import { formatPercent } from "../api/units.ts";
import type { Message } from "./message.ts";

/** The sentence that a message begins with: the channel's own template, or Sluice's. */
export function headlineOf(message: Message, template: string | undefined): string {
  if (template === undefined) return `${message.rollout} (${message.namespace}): ${message.title}`;
  const words: Readonly<Record<TemplateWord, string>> = {
    rollout: message.rollout,
    namespace: message.namespace,
    run: message.run,
    event: message.event,
    severity: message.severity,
    title: message.title,
    why: message.why,
    step: message.step,
    weight: formatPercent(message.weightPercent),
    command: message.commands[0]?.line ?? "",
  };
  // By a function: text with a `$` in it is no pattern.
  return template.replaceAll(/\{\{ ?([a-z]+) ?\}\}/g, (all, word: string) => words[word as TemplateWord] ?? all);
}
