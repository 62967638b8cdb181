import { beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { istioObject } from "../../../src/checks/istio-object.ts";
import { lintSources } from "../../../src/commands/lint/lint-sources.ts";
import type { KubeObject } from "../../../src/kube/port.ts";
import { authorizationPolicyMutations } from "./corpus/authorization-policy.ts";
import * as bases from "./corpus/bases.ts";
import { destinationRuleMutations } from "./corpus/destination-rule.ts";
import { everyField } from "./corpus/every-field.ts";
import { gatewayMutations } from "./corpus/gateway.ts";
import type { Mutation } from "./corpus/mutation.ts";
import { peerAuthenticationMutations } from "./corpus/peer-authentication.ts";
import { virtualServiceMutations } from "./corpus/virtual-service.ts";
import { askIstio, refusal, type Verdict } from "./judge.ts";

/**
 * Istio's own validator is the oracle of `istio-object`: lint says so of every object that Istio refuses, and of no other. Where lint
 * leaves a refusal to Istio the corpus says why (`silent`). What the other checks say is no matter of Istio's, but for the routes that
 * are never reached, of which its webhook warns; the corpus names it for each mutation (`tells`), so that none speaks up unasked.
 */

interface Kind {
  name: string;
  base: () => KubeObject;
  mutations: readonly Mutation[];
}

const KINDS: readonly Kind[] = [
  { name: "VirtualService", base: bases.virtualService, mutations: virtualServiceMutations },
  { name: "DestinationRule", base: bases.destinationRule, mutations: destinationRuleMutations },
  { name: "Gateway", base: bases.gateway, mutations: gatewayMutations },
  { name: "AuthorizationPolicy", base: bases.authorizationPolicy, mutations: authorizationPolicyMutations },
  { name: "PeerAuthentication", base: bases.peerAuthentication, mutations: peerAuthenticationMutations },
];

interface Case {
  kind: Kind;
  mutation: Mutation;
  object: KubeObject;
}

const inOrder: Mutation = { name: "in order", change: () => {}, istio: "takes" };
const cases: readonly Case[] = KINDS.flatMap((kind) =>
  [inOrder, ...kind.mutations].map((mutation) => {
    const object = kind.base();
    mutation.change(object);
    return { kind, mutation, object };
  }),
);

/** The ids of what lint has to say with the object in the place of its base, and all others in order. */
function lint({ kind, object }: Case): string[] {
  const others = KINDS.filter((other) => other !== kind).map(({ base }) => base());
  const text = [bases.rollout(), bases.deployment(), bases.service(), object, ...others]
    .map((each) => stringify(each))
    .join("---\n");
  const { findings } = lintSources([{ file: "all.yaml", text }], { namespace: "default" });
  return [...new Set(findings.map(({ id }) => id))].toSorted();
}

let verdicts: Map<Case, Verdict>;
beforeAll(async () => {
  const answers = await askIstio(cases.map(({ object }) => object));
  verdicts = new Map(cases.map((each, index) => [each, answers[index] ?? {}]));
}, 900_000);

test("the corpus has at least 150 manifests, of which Istio takes and refuses many, and none stands there twice", () => {
  expect(cases.length).toBeGreaterThanOrEqual(150);
  const refused = cases.filter((each) => refusal(verdicts.get(each) ?? {}) !== undefined);
  expect(refused.length).toBeGreaterThan(100);
  expect(cases.length - refused.length).toBeGreaterThan(50);
  expect(new Set(cases.map(({ object }) => JSON.stringify(object))).size).toBe(cases.length);
  // What is left to Istio stays the exception.
  expect(cases.filter(({ mutation }) => mutation.silent !== undefined).length).toBeLessThan(cases.length / 50);
});

describe.each(KINDS)("$name", (kind) => {
  test.each(cases.filter((each) => each.kind === kind).map((each) => [each.mutation.name, each] as const))(
    "%s",
    (_, each) => {
      const { mutation } = each;
      const verdict = verdicts.get(each) ?? {};
      const refused = refusal(verdict);
      expect(refused === undefined ? "takes" : "refuses", refused).toBe(mutation.istio);
      const told = lint(each);
      const wanted = mutation.istio === "refuses" && mutation.silent === undefined ? ["istio-object"] : [];
      expect(told, refused).toEqual([...wanted, ...(mutation.tells ?? [])].toSorted());
      // Istio looks for the same match and for none; lint also sees that a prefix or fewer headers take what the managed route asks for.
      if (verdict.warnings?.some((warning) => /rule "main" not used/.test(warning)) === true)
        expect(told).toContain("route-reachable");
    },
  );
});

test("every field of a manifest in order, left out or of any type, is judged alike", async () => {
  const objects = KINDS.flatMap(({ base }) => everyField(base()));
  const answers = await askIstio(objects.map(({ object }) => object));
  const apart = objects.flatMap(({ name, object }, index) => {
    const refused = refusal(answers[index] ?? {});
    const told = istioObject.run(object).map(({ message }) => message);
    return (refused === undefined) === (told.length === 0) ? [] : [{ name: `${object.kind} ${name}`, refused, told }];
  });
  expect(objects.length).toBeGreaterThan(500);
  expect(apart).toEqual([]);
}, 900_000);
