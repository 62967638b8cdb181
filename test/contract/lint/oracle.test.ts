import { beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { gatewayApiObject } from "../../../src/checks/gateway-api-object.ts";
import { istioObject } from "../../../src/checks/istio-object.ts";
import { lintSources } from "../../../src/commands/lint/lint-sources.ts";
import type { ObjectCheck } from "../../../src/checks/types.ts";
import type { KubeObject } from "../../../src/kube/port.ts";
import { authorizationPolicyMutations } from "./corpus/authorization-policy.ts";
import * as bases from "./corpus/bases.ts";
import { destinationRuleMutations } from "./corpus/destination-rule.ts";
import { everyField } from "./corpus/every-field.ts";
import { gatewayMutations } from "./corpus/gateway.ts";
import { httpRouteMutations } from "./corpus/http-route.ts";
import type { Mutation } from "./corpus/mutation.ts";
import { peerAuthenticationMutations } from "./corpus/peer-authentication.ts";
import { virtualServiceMutations } from "./corpus/virtual-service.ts";
import { askGatewayApi, askIstio, refusal, type Verdict } from "./judge.ts";

/**
 * Istio's own validator is the oracle of `istio-object`, the Gateway API's definitions that of `gateway-api-object`: lint says so of every
 * object that is refused, and of no other. Where lint leaves a refusal to the oracle the corpus says why (`silent`). What the other checks say is no matter of Istio's, but for the routes that
 * are never reached, of which its webhook warns; the corpus names it for each mutation (`tells`), so that none speaks up unasked.
 */

interface Kind {
  name: string;
  base: () => KubeObject;
  mutations: readonly Mutation[];
  check: ObjectCheck;
  ask: (objects: readonly KubeObject[]) => Promise<Verdict[]>;
}

const byIstio = { check: istioObject, ask: askIstio };

const KINDS: readonly Kind[] = [
  { name: "VirtualService", base: bases.virtualService, mutations: virtualServiceMutations, ...byIstio },
  { name: "DestinationRule", base: bases.destinationRule, mutations: destinationRuleMutations, ...byIstio },
  { name: "Gateway", base: bases.gateway, mutations: gatewayMutations, ...byIstio },
  { name: "AuthorizationPolicy", base: bases.authorizationPolicy, mutations: authorizationPolicyMutations, ...byIstio },
  { name: "PeerAuthentication", base: bases.peerAuthentication, mutations: peerAuthenticationMutations, ...byIstio },
  {
    name: "HTTPRoute",
    base: bases.httpRoute,
    mutations: httpRouteMutations,
    check: gatewayApiObject,
    ask: askGatewayApi,
  },
];

interface Case {
  kind: Kind;
  mutation: Mutation;
  object: KubeObject;
}

const inOrder: Mutation = { name: "in order", change: () => {}, oracle: "takes" };
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
    // With quotes around what YAML 1.1 takes for more than text: the oracle is given text.
    .map((each) => stringify(each, { version: "1.1" }))
    .join("---\n");
  const { findings } = lintSources([{ file: "all.yaml", text }], { namespace: "default" });
  return [...new Set(findings.map(({ id }) => id))].toSorted();
}

let verdicts: Map<Case, Verdict>;
beforeAll(async () => {
  verdicts = new Map();
  for (const kind of KINDS) {
    const own = cases.filter((each) => each.kind === kind);
    const answers = await kind.ask(own.map(({ object }) => object));
    for (const [index, each] of own.entries()) verdicts.set(each, answers[index] ?? {});
  }
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
      expect(refused === undefined ? "takes" : "refuses", refused).toBe(mutation.oracle);
      const told = lint(each);
      const wanted = mutation.oracle === "refuses" && mutation.silent === undefined ? [kind.check.id] : [];
      expect(told, refused).toEqual([...wanted, ...(mutation.tells ?? [])].toSorted());
      // Istio looks for the same match and for none; lint also sees that a prefix or fewer headers take what the managed route asks for.
      if (verdict.warnings?.some((warning) => /rule "main" not used/.test(warning)) === true)
        expect(told).toContain("route-reachable");
    },
  );
});

test.each(KINDS)(
  "every field of a $name in order, left out or of any type, is judged alike",
  async ({ base, check, ask }) => {
    const objects = everyField(base());
    const answers = await ask(objects.map(({ object }) => object));
    const apart = objects.flatMap(({ name, object }, index) => {
      const refused = refusal(answers[index] ?? {});
      const told = check.run(object).map(({ message }) => message);
      return (refused === undefined) === (told.length === 0) ? [] : [{ name, refused, told }];
    });
    expect(objects.length).toBeGreaterThan(50);
    expect(apart).toEqual([]);
  },
  900_000,
);
