import { describe, expect, test } from "vitest";
import { isSelected, labelSelectorSchema, type LabelSelector } from "./selector.ts";

const labels = { tier: "critical", team: "shop" };

test.each<[LabelSelector | undefined, boolean]>([
  [undefined, false],
  [{}, true],
  [{ matchLabels: { tier: "critical" } }, true],
  [{ matchLabels: { tier: "critical", team: "web" } }, false],
  [{ matchExpressions: [{ key: "tier", operator: "In", values: ["high", "critical"] }] }, true],
  [{ matchExpressions: [{ key: "tier", operator: "NotIn", values: ["critical"] }] }, false],
  [{ matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] }, true],
  [{ matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] }, false],
  [{ matchExpressions: [{ key: "zone", operator: "Exists" }] }, false],
  [{ matchExpressions: [{ key: "zone", operator: "DoesNotExist" }] }, true],
  [{ matchLabels: { tier: "critical" }, matchExpressions: [{ key: "team", operator: "DoesNotExist" }] }, false],
])("%j selects: %s", (selector, selects) => expect(isSelected(selector, labels)).toBe(selects));

describe("a selector is refused, and told why:", () => {
  test.each<[object, RegExp]>([
    [{ matchExpressions: [{ key: "tier", operator: "In" }] }, /In and NotIn need values/],
    [{ matchExpressions: [{ key: "tier", operator: "Exists", values: ["a"] }] }, /have none/],
    [{ matchLabels: { "a b": "c" } }, /key of a label.*got "a b"/],
    [{ matchLabels: { tier: "very critical" } }, /value of a label/],
    [{ matchExpressions: [{ key: "tier", operator: "Is", values: ["a"] }] }, /In/],
  ])("%j", (selector, says) => {
    const issues = labelSelectorSchema.safeParse(selector).error?.issues ?? [];
    expect(issues.map(({ message }) => message).join()).toMatch(says);
  });
});
