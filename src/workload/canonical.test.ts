import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, sameTemplate, stripHash, templateHash } from "./canonical.ts";
import { template } from "./fixtures.test-helper.ts";

describe("canonicalJson", () => {
  test("sorts keys at every depth, keeps the order of lists, drops undefined", () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }, 2], a: undefined })).toBe('{"b":[{"c":null,"d":1},2]}');
  });

  test("reads back as the value, and is the same for any order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe("templates", () => {
  test("are the same with and without the ReplicaSet's label, and with an empty creation time", () => {
    const plain = template("v1");
    expect(sameTemplate(plain, template("v1", { "pod-template-hash": "abc" }))).toBe(true);
    expect(sameTemplate(plain, { ...plain, metadata: { ...plain.metadata, creationTimestamp: null } })).toBe(true);
    expect(templateHash(plain)).toBe(templateHash(template("v1", { "pod-template-hash": "abc" })));
  });

  test("differ by anything else", () => {
    expect(sameTemplate(template("v1"), template("v2"))).toBe(false);
    expect(sameTemplate(template("v1"), template("v1", { team: "a" }))).toBe(false);
    const restarted = template("v1");
    restarted.metadata = { ...restarted.metadata, annotations: { "kubectl.kubernetes.io/restartedAt": "2026-01-01" } };
    expect(sameTemplate(template("v1"), restarted)).toBe(false);
    expect(templateHash(template("v1"))).not.toBe(templateHash(template("v2")));
  });

  test("have a hash of ten hex digits", () => {
    expect(templateHash(template("v1"))).toMatch(/^[0-9a-f]{10}$/);
    expect(templateHash({}, () => "0123456789abcdef")).toBe("0123456789");
  });

  test("keep everything else when the label is stripped, and are not changed", () => {
    const found = template("v1", { "pod-template-hash": "abc" });
    expect(stripHash(found)).toEqual(template("v1"));
    expect(found.metadata?.labels).toHaveProperty("pod-template-hash");
    expect(stripHash({})).toEqual({});
  });
});
