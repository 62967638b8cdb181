import type { Command } from "commander";
import { isFinal } from "../api/phase.ts";
import { namespaces } from "../kube/resources.ts";
import { connect } from "./connect.ts";
import { listRollouts, listRuns, type Where } from "./find-rollout.ts";
import { type Offer, offerFor, type OfferedWord } from "./offer.ts";

/** Somebody waits with a finger on the key. */
const PATIENCE_MS = 2_000;

/** What a shell is to do besides, in the numbers that kubectl takes from its plugins (those of Cobra). */
const FILES = ":0";
const NO_FILES = ":4";

/**
 * What may stand where somebody is typing, as kubectl takes it from a plugin: a line a word, with a tab and what it means, and at last
 * a number that says whether files would do. Never fails: a cluster that cannot be asked has no names.
 */
export async function complete(root: Command, typed: readonly string[]): Promise<string> {
  const offer = offerFor(root, typed);
  const word = typed.at(-1) ?? "";
  const words = (await wordsOf(offer)).filter((candidate) => candidate.word.startsWith(word));
  const lines = words.map(({ word: offered, summary }) => (summary === "" ? offered : `${offered}\t${summary}`));
  return `${[...lines, offer.kind === "files" ? FILES : NO_FILES].join("\n")}\n`;
}

async function wordsOf(offer: Offer): Promise<readonly OfferedWord[]> {
  if (offer.kind === "words") return offer.words;
  if (offer.kind === "files") return [];
  try {
    const { api, namespace, server } = connect(offer.flags, { callTimeoutMs: PATIENCE_MS });
    try {
      return await ask({ api, namespace: offer.flags.namespace ?? namespace, server }, offer);
    } finally {
      await api.close();
    }
  } catch {
    return [];
  }
}

async function ask(where: Where, offer: Exclude<Offer, { kind: "words" | "files" }>): Promise<OfferedWord[]> {
  switch (offer.kind) {
    case "rollouts":
      return (await listRollouts(where, where.namespace)).map(({ metadata, ["status"]: status }) => ({
        word: metadata.name,
        summary: (status as { phase?: string } | undefined)?.phase ?? "",
      }));
    case "namespaces": {
      const { items } = await where.api.list(namespaces, { limit: 500 });
      return items.map(({ metadata }) => ({ word: metadata.name, summary: "" }));
    }
    case "steps": {
      const { runs } = await listRuns(where, offer.rollout);
      const run = runs.find(({ status }) => !isFinal(status.phase));
      return (run?.spec.plan.steps ?? []).map(({ name, weight }) => ({ word: name, summary: `${weight}%` }));
    }
  }
}
