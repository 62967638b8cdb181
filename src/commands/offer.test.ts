import { describe, expect, test } from "vitest";
import { program } from "../cli.ts";
import { complete } from "./complete.ts";
import { offerFor } from "./offer.ts";

const offer = (...typed: string[]) => offerFor(program(), typed);
const words = (...typed: string[]) => {
  const found = offer(...typed);
  return found.kind === "words" ? found.words.map(({ word }) => word) : found.kind;
};

describe("what may come next is", () => {
  test("every command, with its summary, and again after help", () => {
    const names = program().commands.map((command) => command.name());
    expect(words("")).toEqual(names);
    expect(words("help", "")).toEqual(names);
    expect(offer("")).toMatchObject({
      words: expect.arrayContaining([{ word: "watch", summary: expect.stringContaining("as it goes") }]),
    });
    expect(words("-")).toEqual(["--help", "--version"]);
  });

  test("the options of the command", () => {
    expect(words("status", "checkout", "--")).toEqual(
      expect.arrayContaining(["--watch", "--timeout", "--output", "--namespace", "--kubeconfig", "--help"]),
    );
    expect(words("status", "--")).not.toContain("--reason");
  });

  test("the values that an option takes", () => {
    expect(words("get", "-o", "")).toEqual(["json", "yaml", "wide", "name"]);
    expect(words("get", "--kubeconfig", "")).toBe("files");
    expect(words("plan", "-f", "")).toBe("files");
    expect(words("status", "--timeout", "")).toEqual([]);
    expect(offer("get", "--context", "lab", "-n", "")).toEqual({ kind: "namespaces", flags: { context: "lab" } });
  });

  test("a Rollout where one is named, in the namespace that was typed, wherever that stands", () => {
    expect(offer("get", "")).toEqual({ kind: "rollouts", flags: {} });
    expect(offer("get", "-n", "shop", "")).toEqual({ kind: "rollouts", flags: { namespace: "shop" } });
    expect(offer("pause", "--namespace=shop", "ch")).toEqual({ kind: "rollouts", flags: { namespace: "shop" } });
    expect(words("get", "checkout", "")).toEqual([]);
  });

  test("a step after the Rollout, where a command names one", () => {
    expect(offer("approve", "checkout", "-n", "shop", "")).toEqual({
      kind: "steps",
      flags: { namespace: "shop" },
      rollout: "checkout",
    });
    expect(words("pause", "checkout", "")).toEqual([]);
  });

  test("a word of those that an argument takes, and nothing after what is no command", () => {
    expect(words("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(words("puase", "")).toEqual([]);
  });
});

test("an answer is what kubectl takes from its plugins: what begins as the word does, and whether files would do", async () => {
  expect(await complete(program(), ["pau"])).toBe("pause\tkeep a run at the weight that it has\n:4\n");
  expect(await complete(program(), ["plan", "--filename", ""])).toBe(":0\n");
});

test("without a cluster there are no names, and no complaint", async () => {
  expect(await complete(program(), ["get", "--kubeconfig", "/nonexistent/config", ""])).toBe(":4\n");
});
