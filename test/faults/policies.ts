import { API_VERSION } from "../../src/api/metadata.ts";
import type { RunSpec } from "../../src/api/run.ts";
import type { House } from "../../src/controller/fixture.test-helper.ts";
import { clusterRolloutPolicies } from "../../src/controller/resources.ts";
import type { KubeObject } from "../../src/kube/port.ts";
import type { Runs } from "./runs.ts";
import type { Stage } from "./stage.ts";
import type { Verdicts } from "./verdicts.ts";

/** What a policy of the whole cluster is changed into. */
export const POLICY_STATES = ["limited", "approved", "frozen", "other", "unreadable", "gone"] as const;
export type PolicyState = (typeof POLICY_STATES)[number];

const NAME = "shared";
const OBJECTS = "clusterrolloutpolicies.sluice.dev";
const MAX_FIRST_PERCENT = 2;
/** From a change until every run that is begun goes by it: watches may be late, and a controller down. */
const KNOWN_AFTER_MS = 30_000;
/** They bring back what users were on before: no limit holds for them. */
const WAYS_BACK: readonly RunSpec["reason"][] = ["FastPath", "Undo", "Converge"];

const SPECS: Readonly<Record<Exclude<PolicyState, "gone">, object>> = {
  limited: { limits: { maxFirstWeight: MAX_FIRST_PERCENT, minObserve: "4s" } },
  approved: { limits: { approval: {} } },
  frozen: { windows: [{ name: "always", kind: "Deny", schedule: "* * * * *", duration: "1h" }] },
  other: {
    analysis: {
      objectives: [
        { name: "fails", errorRate: { max: "1%" } },
        { name: "slow", latency: { max: "500ms" } },
      ],
    },
  },
  unreadable: { windows: [{ name: "never", kind: "Deny", schedule: "0 0 31 2 *", duration: "1h" }] },
};

export async function setPolicy(house: House, state: PolicyState): Promise<void> {
  const found = house.sim.store.get(OBJECTS, { name: NAME });
  if (found !== undefined) await house.alice.delete(clusterRolloutPolicies, { name: NAME });
  if (state === "gone") return;
  const spec = { namespaceSelector: {}, ...SPECS[state] };
  const policy: KubeObject = { apiVersion: API_VERSION, kind: "ClusterRolloutPolicy", metadata: { name: NAME }, spec };
  // As a server keeps it that knows fewer rules than the controller.
  if (state === "unreadable") house.sim.store.put(OBJECTS, policy);
  else await house.alice.create(clusterRolloutPolicies, policy);
}

/** What a policy asks of new versions, by the runs that are begun. */
export function watchPolicies(stage: Stage, runs: Runs, verdicts: Verdicts): void {
  const { clock, sim } = stage.house;
  let standing: { spec: string; sinceMs: number } | undefined;
  sim.store.onChange(OBJECTS, ({ type, object }) => {
    standing = type === "DELETED" ? undefined : { spec: JSON.stringify(object["spec"]), sinceMs: clock.monotonic() };
  });
  runs.onWrite(({ name, spec }, before) => {
    if (before !== undefined || standing === undefined || WAYS_BACK.includes(spec.reason)) return;
    if (clock.monotonic() - standing.sinceMs < KNOWN_AFTER_MS || stage.lateWatches) return;
    if (standing.spec.includes("31 2")) verdicts.broken("I2", `${name} began under a policy that cannot be read`);
    const first = spec.plan.steps.find(({ weight }) => weight > 0)?.weight ?? 0;
    if (standing.spec.includes("maxFirstWeight") && first > MAX_FIRST_PERCENT)
      verdicts.broken("I2", `${name} begins with ${first} % of the users, and a policy allows ${MAX_FIRST_PERCENT} %`);
    const asks = spec.plan.steps.some(({ approval, weight }) => approval && weight < 100);
    if (standing.spec.includes("approval") && !asks)
      verdicts.broken("I2", `${name} asks for no approval, and a policy does`);
  });
}
