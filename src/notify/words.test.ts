import { expect, test } from "vitest";
import { channelSchema } from "../api/notifications.ts";
import { someMessage } from "./message.test-helper.ts";
import { redact } from "./redact.ts";
import { sparkline } from "./sparkline.ts";
import { headlineOf } from "./template.ts";

test("a sparkline's scale begins at 0, and a limit that was kept looks kept", () => {
  expect(sparkline([0, 0.25, 0.5, 1], 0.02)).toBe("▁▃▅█");
  expect(sparkline([0.01, 0.01], 0.02)).toBe("▃▃");
  expect(sparkline([0, 0], undefined)).toBe("▁▁");
  expect(sparkline([], 0.02)).toBe("");
  expect(
    sparkline(
      Array.from({ length: 500 }, () => 1),
      0.02,
    ),
  ).toHaveLength(24);
});

test("a template's words are filled in, and text in them is no pattern", () => {
  const message = someMessage({ why: "$& {{run}}" });
  expect(headlineOf(message, "{{rollout}} in {{ namespace }}: {{why}} at {{weight}}")).toBe(
    "checkout in shop: $& {{run}} at 10%",
  );
  expect(headlineOf(message, undefined)).toContain("checkout (shop)");
});

test.each(["{{secret}}", "{{ rollout", "{{rollout.name}}"])(
  "a template with %s is refused, and says what may stand there",
  (template) => {
    const parsed = channelSchema.safeParse({ name: "team", slack: { secretRef: { name: "s" } }, template });
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues[0]?.message).toContain("expected text in which double braces hold one of: rollout");
  },
);

test.each(["plain", "{json}", "a { b", "{{rollout}}{", "line\n{{why}}"])("the template %j is taken", (template) => {
  expect(channelSchema.safeParse({ name: "team", slack: { secretRef: { name: "s" } }, template }).success).toBe(true);
});

test("a secret URL shows nowhere, in whole or in part; its host does", () => {
  const url = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";
  const said = redact(
    `POST ${url} failed; path /services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX; see https://u:p@x.test/y?z`,
    [url],
  );
  for (const part of ["T00000000", "B00000000", "XXXX", "u:p", "?z"]) expect(said).not.toContain(part);
  expect(redact(`connect ${url}`, [url])).not.toContain("services");
  expect(redact("getaddrinfo ENOTFOUND hooks.slack.com", [url])).toBe("getaddrinfo ENOTFOUND hooks.slack.com");
});
