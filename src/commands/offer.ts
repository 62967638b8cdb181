import type { Argument, Command, Option } from "commander";
import type { NamespaceOptions } from "./cluster-options.ts";

export interface OfferedWord {
  word: string;
  summary: string;
}

/** What may stand where somebody is typing. */
export type Offer =
  | { kind: "words"; words: readonly OfferedWord[] }
  /** Names that the cluster knows, where these flags lead. */
  | { kind: "rollouts" | "namespaces"; flags: NamespaceOptions }
  | { kind: "steps"; flags: NamespaceOptions; rollout: string }
  | { kind: "files" };

const NOTHING: Offer = { kind: "words", words: [] };

/** What `root` takes after the words typed so far, of which the last is being typed and may be empty. Nothing is asked of a cluster. */
export function offerFor(root: Command, typed: readonly string[]): Offer {
  const word = typed.at(-1) ?? "";
  const before = typed.slice(0, -1);
  const [name, ...rest] = before;
  if (name === undefined || name === "help")
    return { kind: "words", words: word.startsWith("-") ? ofRoot() : commands(root) };
  const command = root.commands.find((candidate) => candidate.name() === name);
  if (command === undefined) return NOTHING;
  const read = readWords(command, rest);
  if (read.awaiting !== undefined) return valuesOf(read.awaiting, read.flags);
  if (word.startsWith("-")) return { kind: "words", words: options(command) };
  return argumentsOf(command.registeredArguments[read.given.length], read);
}

function ofRoot(): OfferedWord[] {
  return [
    { word: "--help", summary: "show help" },
    { word: "--version", summary: "print the version" },
  ];
}

function commands(root: Command): OfferedWord[] {
  return root.commands.map((command) => ({ word: command.name(), summary: command.summary() }));
}

function options(command: Command): OfferedWord[] {
  const all = command.options.flatMap(({ long, description }) =>
    long === undefined || long === null ? [] : [{ word: long, summary: description }],
  );
  return [...all, { word: "--help", summary: "show help" }];
}

interface ReadWords {
  /** Arguments, without options and what belongs to them. */
  given: string[];
  flags: NamespaceOptions;
  /** The option whose value comes next. */
  awaiting: Option | undefined;
}

function readWords(command: Command, words: readonly string[]): ReadWords {
  const read: ReadWords = { given: [], flags: {}, awaiting: undefined };
  for (const word of words) {
    const [named = "", value] = word.split(/=(.*)/s);
    if (read.awaiting !== undefined) {
      remember(read.flags, read.awaiting, word);
      read.awaiting = undefined;
    } else if (word.startsWith("-")) {
      const option = command.options.find(({ long, short }) => long === named || short === named);
      if (option === undefined || !(option.required || option.optional)) continue;
      if (value === undefined) read.awaiting = option;
      else remember(read.flags, option, value);
    } else read.given.push(word);
  }
  return read;
}

const CLUSTER_FLAGS: readonly (keyof NamespaceOptions)[] = ["kubeconfig", "context", "namespace"];

function remember(flags: NamespaceOptions, option: Option, value: string): void {
  const name = CLUSTER_FLAGS.find((known) => known === option.attributeName());
  if (name !== undefined) flags[name] = value;
}

function valuesOf(option: Option, flags: NamespaceOptions): Offer {
  if (option.argChoices !== undefined)
    return { kind: "words", words: option.argChoices.map((word) => ({ word, summary: "" })) };
  if (option.attributeName() === "namespace") return { kind: "namespaces", flags };
  return /<(name=)?file|<path/.test(option.flags) ? { kind: "files" } : NOTHING;
}

function argumentsOf(argument: Argument | undefined, { given, flags }: ReadWords): Offer {
  if (argument === undefined) return NOTHING;
  if (argument.argChoices !== undefined)
    return { kind: "words", words: argument.argChoices.map((word) => ({ word, summary: "" })) };
  if (argument.name() === "name") return { kind: "rollouts", flags };
  if (argument.name() === "step") return { kind: "steps", flags, rollout: given[0] ?? "" };
  return NOTHING;
}
