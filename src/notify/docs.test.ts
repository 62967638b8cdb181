import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { NOTIFICATION_EVENTS, TEMPLATE_WORDS } from "../api/notifications.ts";
import { validateRollout } from "../api/validate.ts";
import { formatYamlProblem, readRollouts } from "../api/yaml.ts";
import { secretRefOf } from "./encode.ts";

const root = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(root, "docs/notifications.md"), "utf8");
const examples = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = ""]) => yaml);
const objects = examples.flatMap((yaml) => parseAllDocuments(yaml).map((document) => document.toJS() as object));

interface Role {
  kind: string;
  metadata: { namespace: string };
  rules: { resourceNames?: string[]; resources: string[] }[];
}

test("every Rollout of the page is valid, and there are some", () => {
  const problems = examples.flatMap((yaml, index) => readRollouts(yaml, `example ${index}`).problems);
  expect(problems.map(formatYamlProblem)).toEqual([]);
  expect(objects.filter((object) => (object as Role).kind === "Rollout").length).toBeGreaterThan(1);
});

test("the controller may read every Secret that the page's Rollouts name", () => {
  const shipped = parseAllDocuments(readFileSync(join(root, "deploy/base/rbac.yaml"), "utf8"));
  const roles = [...objects, ...shipped.map((document) => document.toJS() as object)] as Role[];
  const readable = roles
    .filter(({ kind, rules }) => kind === "Role" && rules.some(({ resources }) => resources.includes("secrets")))
    .flatMap(({ metadata, rules }) =>
      rules.flatMap(({ resourceNames = [] }) => resourceNames.map((name) => `${metadata.namespace}/${name}`)),
    );
  const named = objects.flatMap((object) => {
    const rollout = validateRollout(object as Parameters<typeof validateRollout>[0]);
    if (!rollout.ok) return [];
    return rollout.spec.notifications.channels.map((channel) => {
      const { name, from } = secretRefOf(channel);
      return `${from === "Rollout" ? "shop" : "sluice-system"}/${name}`;
    });
  });
  expect(named.length).toBeGreaterThan(2);
  expect(named.filter((name) => !readable.includes(name))).toEqual([]);
});

test("every event has its row, and every word of a template is named", () => {
  for (const event of NOTIFICATION_EVENTS) expect(page).toContain(`| \`${event}\` |`);
  for (const word of TEMPLATE_WORDS) expect(page).toContain(`\`{{${word}}}\``);
});
