import { expect, test } from "vitest";
import { dueMessages } from "./due.ts";
import { slackChannel, someMessage } from "./message.test-helper.ts";
import type { Message } from "./message.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const progress = (key: string, minute: number) =>
  someMessage({ key, at: at(minute), event: "StepAdvanced", severity: "Info", progress: true });
const pressing = (key: string, minute: number, more: Partial<Message> = {}) =>
  someMessage({ key, at: at(minute), ...more });
const keys = (messages: readonly Message[]) => messages.map(({ key }) => key);
const all = slackChannel();
const told = [progress("a", 1), progress("b", 2), pressing("c", 3), progress("d", 4), progress("e", 5)];

test("progress is collapsed into what followed; what presses stays, in order", () => {
  expect(keys(dueMessages(told, all, undefined))).toEqual(["c", "e"]);
});

test("what a channel took is not told again", () => {
  expect(keys(dueMessages(told, all, { key: "c", at: at(3) }))).toEqual(["e"]);
  expect(dueMessages(told, all, { key: "e", at: at(5) })).toEqual([]);
});

test("a record that has fallen out of a long run's memory still keeps what is older from being told again", () => {
  expect(keys(dueMessages(told, all, { key: "gone", at: at(3) }))).toEqual(["e"]);
});

test("checks that failed otherwise are told anew, and the start after them", () => {
  const failed = pressing("preflight.quota", 0, { event: "PreflightFailed" });
  expect(keys(dueMessages([failed], all, { key: "preflight.name-free", at: at(0) }))).toEqual(["preflight.quota"]);
  expect(keys(dueMessages([pressing("started", 1)], all, { key: "preflight.quota", at: at(0) }))).toEqual(["started"]);
});

test("a channel gets what it asked for", () => {
  expect(keys(dueMessages(told, slackChannel({ minSeverity: "Warning" }), undefined))).toEqual(["c"]);
  expect(keys(dueMessages(told, slackChannel({ events: ["StepAdvanced"] }), undefined))).toEqual(["e"]);
  expect(dueMessages(told, slackChannel({ events: ["Promoted"] }), undefined)).toEqual([]);
});
