import { z } from "zod";
import type { Violation } from "../../api/rule.ts";
import { also, problem, textThat } from "../istio/fields.ts";
import { goDurationMs } from "../istio/names.ts";
import { filters } from "./http-route-filters.ts";
import {
  backendRef,
  dnsName,
  headerName,
  kindName,
  namespaceName,
  groupName,
  portNumber,
  uniqueNames,
} from "./fields.ts";

/** https://gateway-api.sigs.k8s.io/reference/spec/#httproute, of the standard channel. */

const parentRef = z.strictObject({
  group: groupName.optional(),
  kind: kindName.optional(),
  namespace: namespaceName.optional(),
  name: z.string().min(1).max(253),
  sectionName: dnsName.optional(),
  port: portNumber.optional(),
});

type ParentRef = z.output<typeof parentRef>;

const hostname = textThat(
  (text) => /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text) && text.length <= 253,
  'a host in small letters, such as "shop.example.com" or "*.example.com"',
);

/** What no path has that is compared as it is. */
const NOT_IN_PATHS = ["//", "/./", "/../", "%2f", "%2F", "#"];

const path = also(
  z.strictObject({
    type: z.enum(["Exact", "PathPrefix", "RegularExpression"]).optional(),
    value: z.string().max(1024).optional(),
  }),
  ({ type = "PathPrefix", value = "/" }) => {
    const isPlain =
      /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/.test(value) &&
      value.startsWith("/") &&
      !value.endsWith("/.") &&
      !value.endsWith("/..") &&
      !NOT_IN_PATHS.some((part) => value.includes(part));
    return type === "RegularExpression" || isPlain
      ? []
      : [
          problem(
            ["value"],
            `expected a path that begins with / and needs no shortening, got ${JSON.stringify(value)}`,
          ),
        ];
  },
);

const valueMatch = (maxLength: number) =>
  uniqueNames(
    z
      .array(
        z.strictObject({
          type: z.enum(["Exact", "RegularExpression"]).optional(),
          name: headerName,
          value: z.string().min(1).max(maxLength),
        }),
      )
      .max(16),
  );

const match = z.strictObject({
  path: path.optional(),
  headers: valueMatch(4096).optional(),
  queryParams: valueMatch(1024).optional(),
  method: z.enum(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]).optional(),
});

const duration = textThat((text) => /^(\d{1,5}(h|m|s|ms)){1,4}$/.test(text), "a duration such as 500ms, 2s or 1m30s");

const timeouts = also(
  z.strictObject({ request: duration.optional(), backendRequest: duration.optional() }),
  ({ request, backendRequest }) => {
    const [all = 0, each = 0] = [goDurationMs(request ?? ""), goDurationMs(backendRequest ?? "")];
    return all > 0 && each > all
      ? [problem(["backendRequest"], `expected at most the request's ${request ?? ""}`)]
      : [];
  },
);

const rule = also(
  z.strictObject({
    name: dnsName.optional(),
    matches: z.array(match).max(64).optional(),
    filters: filters.optional(),
    backendRefs: z
      .array(backendRef({ weight: z.int().min(0).max(1_000_000).optional(), filters: filters.optional() }))
      .max(16)
      .optional(),
    timeouts: timeouts.optional(),
    // Of the experimental channel: whether a cluster has it is not known.
    retry: z.unknown().optional(),
    sessionPersistence: z.unknown().optional(),
  }),
  ({ matches, filters: own = [], backendRefs = [] }) => {
    const redirect = own.findIndex((each) => each.type === "RequestRedirect");
    const [only, another] = matches ?? [{}];
    const isPrefix = another === undefined && only !== undefined && (only.path?.type ?? "PathPrefix") === "PathPrefix";
    const message = "replacePrefixMatch needs exactly one match, of a PathPrefix";
    return [
      ...(redirect >= 0 && backendRefs.length > 0
        ? [problem(["filters", redirect], "a redirect answers by itself: leave backendRefs out")]
        : []),
      ...(isPrefix
        ? []
        : own.flatMap((each, index) => (replacesPrefix(each) ? [problem(["filters", index], message)] : []))),
      ...(isPrefix
        ? []
        : backendRefs.flatMap((each, index) =>
            (each.filters ?? []).some(replacesPrefix) ? [problem(["backendRefs", index, "filters"], message)] : [],
          )),
    ];
  },
);

function replacesPrefix(filter: z.output<typeof filters>[number]): boolean {
  return [filter.requestRedirect, filter.urlRewrite].some((each) => each?.path?.type === "ReplacePrefixMatch");
}

export const httpRouteSpec = z.strictObject({
  parentRefs: also(z.array(parentRef).max(32), parentProblems).optional(),
  hostnames: z.array(hostname).max(16).optional(),
  rules: also(z.array(rule).min(1).max(16), (rules) => {
    const matches = rules.reduce((sum, each) => sum + (each.matches?.length ?? 1), 0);
    return matches <= 128 ? [] : [problem([], `expected at most 128 matches in all, got ${matches}`)];
  }).optional(),
  useDefaultGateways: z.unknown().optional(),
});

/** Of two references to one parent each names its section, or its port. */
function parentProblems(refs: readonly ParentRef[]): Violation[] {
  const parent = ({ group = "gateway.networking.k8s.io", kind = "Gateway", namespace = "", name }: ParentRef) =>
    [group, kind, namespace, name].join("/");
  return refs.flatMap((ref, index) => {
    const others = refs.slice(0, index).filter((other) => parent(other) === parent(ref));
    const clashes = others.some(
      (other) =>
        (other.sectionName ?? "") === (ref.sectionName ?? "") ||
        (other.sectionName ?? "") === "" ||
        (ref.sectionName ?? "") === "",
    );
    return clashes
      ? [problem([index], "refers to the same parent as another: give each a sectionName of its own")]
      : [];
  });
}
