import { z } from "zod";
import type { Violation } from "../../api/rule.ts";
import { also, notEmpty, problem, selector, textThat, texts } from "./fields.ts";
import { conditionProblems } from "./authorization-condition.ts";
import { isAddressRange } from "./names.ts";

/** https://istio.io/latest/docs/reference/config/security/authorization-policy/ */

/** Group and kind of what a policy may be attached to. */
const TARGETS = [
  "/Service",
  "core/Service",
  "networking.istio.io/ServiceEntry",
  "gateway.networking.k8s.io/Gateway",
  "gateway.networking.k8s.io/GatewayClass",
];

const names = z.array(notEmpty);
const addresses = z.array(textThat(isAddressRange, "an address or a range of them, such as 10.0.0.0/8"));
const accounts = z
  .array(textThat((text) => /^[^/*]+(\/[^/*]+)?$/.test(text), "ACCOUNT or NAMESPACE/ACCOUNT, without a *").max(320))
  .max(16);
const trustDomains = z.array(
  textThat((text) => /^(\*|\*?[^/*]+|[^/*]+\*)$/.test(text), "a trust domain, or that with a * at one end"),
);
const ports = z.array(
  textThat((text) => /^\d+$/.test(text) && Number(text) <= 65535, "a port from 0 to 65535, in quotes"),
);
const paths = z.array(textThat(isPath, "a path, in which {*} stands for one segment and {**} at the end for any"));

const source = also(
  z.strictObject({
    principals: names.optional(),
    notPrincipals: names.optional(),
    requestPrincipals: names.optional(),
    notRequestPrincipals: names.optional(),
    namespaces: names.optional(),
    notNamespaces: names.optional(),
    serviceAccounts: accounts.optional(),
    notServiceAccounts: accounts.optional(),
    trustDomains: trustDomains.optional(),
    notTrustDomains: trustDomains.optional(),
    ipBlocks: addresses.optional(),
    notIpBlocks: addresses.optional(),
    remoteIpBlocks: addresses.optional(),
    notRemoteIpBlocks: addresses.optional(),
  }),
  (value) => {
    const accountFields = (["serviceAccounts", "notServiceAccounts"] as const).filter(
      (field) => value[field] !== undefined,
    );
    const others = (["principals", "notPrincipals", "namespaces", "notNamespaces"] as const).filter(
      (field) => value[field] !== undefined,
    );
    return [
      ...emptyProblems(value),
      ...(accountFields[0] !== undefined && others[0] !== undefined
        ? [
            problem(
              [accountFields[0]],
              `an account stands for a namespace and a principal already: leave ${others.join(", ")} out`,
            ),
          ]
        : []),
    ];
  },
);

const operation = also(
  z.strictObject({
    hosts: names.optional(),
    notHosts: names.optional(),
    ports: ports.optional(),
    notPorts: ports.optional(),
    methods: names.optional(),
    notMethods: names.optional(),
    paths: paths.optional(),
    notPaths: paths.optional(),
  }),
  emptyProblems,
);

const condition = also(
  z.strictObject({ key: notEmpty, values: texts.optional(), notValues: texts.optional() }),
  conditionProblems,
);

const rule = z.strictObject({
  from: z.array(z.strictObject({ source })).max(512).optional(),
  to: z.array(z.strictObject({ operation })).optional(),
  when: z.array(condition).optional(),
});

const targetRef = also(
  z.strictObject({
    group: z.string().max(253).optional(),
    kind: notEmpty.max(63),
    name: notEmpty.max(253),
    namespace: z
      .literal("", { error: "a policy is attached to what is in its own namespace: leave it out" })
      .optional(),
  }),
  ({ group = "", kind }) =>
    TARGETS.includes(`${group}/${kind}`)
      ? []
      : [
          problem(
            ["kind"],
            `expected a Service, ServiceEntry, Gateway or GatewayClass with its group, got ${group}/${kind}`,
          ),
        ],
);

export const authorizationPolicySpec = also(
  z.strictObject({
    selector: selector.optional(),
    targetRef: targetRef.optional(),
    targetRefs: z.array(targetRef).max(16).optional(),
    action: z.enum(["ALLOW", "DENY", "AUDIT", "CUSTOM"]).optional(),
    provider: z.strictObject({ name: z.string().optional() }).optional(),
    rules: z.array(rule).max(512).optional(),
  }),
  (spec) => {
    const whom = (["selector", "targetRef", "targetRefs"] as const).filter((field) => spec[field] !== undefined);
    const isCustom = spec.action === "CUSTOM";
    const needsRules = isCustom || spec.action === "DENY";
    return [
      ...(whom.length > 1 ? [problem([whom[1] ?? ""], `expected one of ${whom.join(", ")}`)] : []),
      ...(needsRules && spec.rules === undefined
        ? [
            problem(
              ["rules"],
              `missing: without rules ${spec.action ?? ""} never applies; rules: [{}] applies to every request`,
            ),
          ]
        : []),
      ...(isCustom && spec.rules !== undefined && (spec.provider?.name ?? "") === ""
        ? [problem(["provider", "name"], "missing: CUSTOM asks a provider")]
        : []),
      ...(!isCustom && spec.provider !== undefined
        ? [problem(["provider"], "only CUSTOM asks a provider: leave it out")]
        : []),
      ...(isCustom ? customProblems(spec.rules ?? []) : []),
    ];
  },
);

function emptyProblems(value: Readonly<Record<string, readonly string[] | undefined>>): Violation[] {
  return Object.values(value).every((list) => list === undefined || list.length === 0)
    ? [problem([], "it is empty: name at least one thing, or leave it out")]
    : [];
}

/** CUSTOM is asked before the caller's identity and token are known. */
function customProblems(rules: readonly z.output<typeof rule>[]): Violation[] {
  const message = "CUSTOM cannot look at it";
  const known = /^(ipBlocks|notIpBlocks|remoteIpBlocks|notRemoteIpBlocks)$/;
  return rules.flatMap(({ from = [], when = [] }, index) => [
    ...from.flatMap(({ source: each }, fromIndex) =>
      Object.entries(each)
        .filter(([field, list]) => !known.test(field) && (list?.length ?? 0) > 0)
        .map(([field]) => problem(["rules", index, "from", fromIndex, "source", field], message)),
    ),
    ...when.flatMap(({ key }, whenIndex) =>
      /^(source\.(namespace|serviceAccount|trustDomain|principal)$|request\.auth\.)/.test(key)
        ? [problem(["rules", index, "when", whenIndex, "key"], message)]
        : [],
    ),
  ]);
}

function isPath(text: string): boolean {
  if (text === "") return false;
  const segments = text.replace(/^\/+|\/+$/g, "").split("/");
  const isTemplate = text.includes("{*}") || text.includes("{**}");
  const any = segments.indexOf("{**}");
  return segments.every((segment, index) => {
    if (segment === "{*}" || segment === "{**}") return any < 0 || index <= any;
    return !/[{}]/.test(segment) && (!isTemplate || /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]+$/.test(segment));
  });
}
