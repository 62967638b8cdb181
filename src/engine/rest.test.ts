import { describe, expect, test } from "vitest";
import { decideRest, type RestDecision, type RestFacts } from "./rest.ts";

const OWN = { hash: "new", replicas: 4, adopted: true, ran: true, paused: true, rolledOut: true };
const ENDED = { name: "checkout-1", outcome: "RolledBack" as const, hash: "new", retry: false, message: "errors" };
const BASE: RestFacts = {
  suspend: false,
  invalid: [],
  policyProblems: [],
  own: OWN,
  live: { track: "own", hash: "live" },
  undo: false,
  wasLive: false,
  newestRun: undefined,
  hold: "policy",
  workload: "checkout",
};
/** As the hold leaves it: the template is there, and pods are of another. */
const HELD = { ...OWN, rolledOut: false };
const ON_TWIN = { track: "twin" as const, hash: "new" };
const AT_REST = { ...OWN, hash: "live" };

const ROWS: readonly [string, Partial<RestFacts>, Partial<RestDecision>][] = [
  [
    "a wrong spec stops everything, and says all that is wrong",
    { invalid: ["a is bad", "b too"] },
    { kind: "invalid", message: "a is bad; b too" },
  ],
  [
    "a Deployment that is not there is named",
    { own: undefined },
    { kind: "noWorkload", message: "Deployment checkout does not exist" },
  ],
  ["a wrong spec is said before a missing Deployment", { own: undefined, invalid: ["a is bad"] }, { kind: "invalid" }],
  ["a Deployment is adopted when its own roll-out is whole", { live: undefined }, { kind: "adopt" }],
  ["and not in the middle of it", { live: undefined, own: { ...OWN, rolledOut: false } }, { kind: "adopting" }],
  [
    "without pods there are no users: adopted as it is",
    { live: undefined, own: { ...OWN, rolledOut: false, replicas: 0 } },
    { kind: "adopt" },
  ],
  [
    "what rolled out whole before it was marked is adopted: nothing has held it yet",
    { own: { ...OWN, adopted: false, ran: false } },
    { kind: "adopt" },
  ],
  [
    "but not where a mark was taken off, which every run has had",
    { own: { ...OWN, adopted: false } },
    { kind: "start", reason: "NewRevision" },
  ],
  ["a template that differs from the live one begins a run", {}, { kind: "start", reason: "NewRevision" }],
  ["unless the Rollout is suspended", { suspend: true }, { kind: "suspended" }],
  ["without pods it becomes live the native way", { own: { ...OWN, replicas: 0 } }, { kind: "native" }],
  [
    "but not while the Rollout is suspended: scaled up again it would meet everybody",
    { own: { ...OWN, replicas: 0 }, suspend: true },
    { kind: "suspended" },
  ],
  [
    "nor while the policies cannot be read",
    { own: { ...OWN, replicas: 0 }, policyProblems: ["windows[0]: never"] },
    { kind: "blocked" },
  ],
  [
    "nor when it was refused",
    { own: { ...HELD, replicas: 0 }, newestRun: ENDED },
    { kind: "refused", outcome: "RolledBack" },
  ],
  [
    "nor when it was refused and the Deployment is whole, without pods",
    { own: { ...HELD, replicas: 0, rolledOut: true }, newestRun: ENDED },
    { kind: "refused", outcome: "RolledBack" },
  ],
  [
    "and that nobody is served is said where no ReplicaSet could bring the version before back",
    { own: { ...HELD, bereft: true }, newestRun: ENDED },
    { kind: "refused", problem: expect.stringMatching(/nobody is served.*sluice retry/) as unknown as string },
  ],
  ["there another template becomes live the native way", { own: { ...HELD, bereft: true } }, { kind: "native" }],
  [
    "unless somebody says retry",
    { own: { ...HELD, replicas: 0 }, newestRun: { ...ENDED, retry: true } },
    { kind: "native" },
  ],
  [
    "but not while users are on a twin",
    { own: { ...OWN, replicas: 0 }, live: { track: "twin", hash: "live" } },
    { kind: "start", reason: "NewRevision" },
  ],
  [
    "the template of the newest run is not tried again by itself",
    { own: HELD, newestRun: ENDED },
    { kind: "refused", outcome: "RolledBack", message: "errors" },
  ],
  [
    "nor after an abort",
    { own: HELD, newestRun: { ...ENDED, outcome: "Aborted" } },
    { kind: "refused", outcome: "Aborted" },
  ],
  [
    "a refused template that has rolled out whole has its users brought back",
    { newestRun: ENDED },
    { kind: "bringBack" },
  ],
  ["unless they are on a twin", { newestRun: ENDED, live: { track: "twin", hash: "live" } }, { kind: "refused" }],
  ["or the Rollout is suspended", { newestRun: ENDED, suspend: true }, { kind: "refused" }],
  ["only when somebody says retry", { newestRun: { ...ENDED, retry: true } }, { kind: "start", reason: "Retry" }],
  ["and then not while suspended", { newestRun: { ...ENDED, retry: true }, suspend: true }, { kind: "suspended" }],
  [
    "a superseded run's template may have another run",
    { newestRun: { ...ENDED, outcome: "Superseded" } },
    { kind: "start", reason: "NewRevision" },
  ],
  [
    "another template than the refused one begins a run",
    { newestRun: { ...ENDED, hash: "older" } },
    { kind: "start", reason: "NewRevision" },
  ],
  [
    "a template that users were on before takes the fast path",
    { wasLive: true },
    { kind: "start", reason: "FastPath" },
  ],
  [
    "an undo brings the version before",
    { undo: true, own: { ...OWN, hash: "live" } },
    { kind: "start", reason: "Undo" },
  ],
  ["not while suspended", { wasLive: true, suspend: true }, { kind: "suspended" }],
  [
    "nor when it is the newest run's, which was refused",
    { own: HELD, wasLive: true, newestRun: ENDED },
    { kind: "refused", outcome: "RolledBack" },
  ],
  [
    "a retry has every step, also of a version that was live once",
    { wasLive: true, newestRun: { ...ENDED, retry: true } },
    { kind: "start", reason: "Retry" },
  ],
  [
    "users on a twin of the Deployment's template: it catches up",
    { live: ON_TWIN },
    { kind: "start", reason: "Converge" },
  ],
  ["not while suspended", { live: ON_TWIN, suspend: true }, { kind: "suspended" }],
  ["and not without pods", { live: ON_TWIN, own: { ...OWN, replicas: 0 } }, { kind: "idle" }],
  ["at rest with the policy nothing is paused", { own: AT_REST }, { kind: "idle", own: "release" }],
  ["and nothing is written when that is so", { own: { ...AT_REST, paused: false } }, { kind: "idle", own: "leave" }],
  [
    "at rest without the policy the pause is the hold",
    { own: { ...AT_REST, paused: false }, hold: "pause" },
    { kind: "idle", own: "pause" },
  ],
  ["which is left alone", { own: AT_REST, hold: "pause" }, { kind: "idle", own: "leave" }],
  ["at rest a suspended Rollout is simply at rest", { own: AT_REST, suspend: true }, { kind: "idle" }],
  ["the live template again after a refusal is at rest", { own: AT_REST, newestRun: ENDED }, { kind: "idle" }],
];

describe("at rest", () => {
  test.each(ROWS)("%s", (_, given, expected) => {
    expect(decideRest({ ...BASE, ...given })).toMatchObject(expected);
  });
});
