import { describe, expect, test } from "vitest";
import { goDurationMs, hostsOverlap, isAddress, isAddressRange, isCoveredBy, isHost } from "./names.ts";

describe("durations as Go writes them", () => {
  test.each([
    ["1h30m", 5_400_000],
    ["1.5s", 1500],
    [".5s", 500],
    ["500us", 0.5],
    ["-2s", -2000],
    ["0", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(goDurationMs(text)).toBe(ms);
  });

  test.each(["", "10", "1d", "soon", "1s ", "1.5.s"])("%j is none", (text) => {
    expect(goDurationMs(text)).toBeUndefined();
  });
});

test.each(["checkout", "*", "*.example.com", "Shop.example.com.", "a-b.c"])("%s is a host", (text) => {
  expect(isHost(text)).toBe(true);
});

test.each(["", "a_b", "a.*.com", "http://a", "a:80", "-a.com", "10.0.0.1", "a..b", `${"a".repeat(64)}.com`])(
  "%j is no host",
  (text) => {
    expect(isHost(text)).toBe(false);
  },
);

test.each([
  ["*.com", "*.shop.com", true],
  ["shop.com", "*.com", true],
  ["shop.com", "shop.com", true],
  ["shop.com", "*.org", false],
  ["a.shop.com", "shop.com", false],
])("%s and %s overlap: %s", (a, b, overlap) => {
  expect(hostsOverlap(a, b)).toBe(overlap);
  expect(hostsOverlap(b, a)).toBe(overlap);
});

test("a wildcard is covered by a wider one only", () => {
  expect(isCoveredBy("*.shop.com", "*.com")).toBe(true);
  expect(isCoveredBy("*.com", "*.shop.com")).toBe(false);
});

test("addresses and their ranges", () => {
  expect(["10.0.0.7", "fd00::1", "::ffff:10.0.0.1"].filter((text) => !isAddress(text))).toEqual([]);
  expect(["10.0.0.300", "10.0.0", "office", "010.0.0.1", "fd00::g", "[::1]"].filter(isAddress)).toEqual([]);
  expect(["10.0.0.0/8", "10.0.0.7", "fd00::/8"].filter((text) => !isAddressRange(text))).toEqual([]);
  expect(["10.0.0.0/33", "10.0.0.0/", "fd00::/129", "10.0.0.0/8/8", "a/8"].filter(isAddressRange)).toEqual([]);
});
