import { expect, test } from "vitest";
import { LABEL_ROLLOUT } from "../api/metadata.ts";
import { isFinal, type Phase, STATES } from "../api/phase.ts";
import type { KubeObject } from "../kube/port.ts";
import { seededRandom } from "../sim/random.ts";
import { rolloutRuns } from "./resources.ts";
import { houseIn, tagFor } from "./states.test-helper.ts";
import { isSluice, NAMESPACE, openKeptHouse, type House } from "./fixture.test-helper.ts";

const phaseOf = (run: KubeObject) => (run["status"] as { phase?: Phase } | undefined)?.phase ?? "Preflight";

function underWay(house: House): string[] {
  return house.sim.store
    .list("rolloutruns.sluice.dev", NAMESPACE)
    .filter((run) => !isFinal(phaseOf(run)))
    .map(({ metadata }) => metadata.name);
}

test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
  "two controllers that both believe to be the leader begin one run, not two beside each other (seed %i)",
  async (seed) => {
    const house = await openKeptHouse({ seed });
    const other = await house.start("another");
    const random = seededRandom(seed);
    const seen: string[][] = [];
    house.sim.store.onChange("rolloutruns.sluice.dev", () => void seen.push(underWay(house)));
    // Their calls take different times, so that one is in the middle of beginning a run as the other has made it.
    house.sim.setFault((call) => (isSluice(call) ? { delayMs: Math.floor(random() * 60) } : undefined));
    for (const tag of ["v2", "v3", "v4"]) {
      await house.ship(tag);
      await house.clock.advance(4_000 + seed * 100);
    }
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.filter((names) => names.length > 1)).toEqual([]);
    house.sim.setFault(undefined);
    await house.clock.advance(1_000);
    await other.stop();
    await house.term.stop();
  },
);

test.each(STATES.filter((state) => state !== "Releasing"))(
  "a run whose label somebody takes off in %s goes on, and has it again",
  async (phase) => {
    const house = await houseIn(phase);
    const label = { metadata: { labels: { [LABEL_ROLLOUT]: null } } };
    await house.alice.patch(rolloutRuns, { namespace: NAMESPACE, name: "checkout-1" }, { type: "merge", patch: label });
    const labels = () => house.object("rolloutruns.sluice.dev", "checkout-1")?.metadata.labels;
    await house.until("it has its label again", () => labels()?.[LABEL_ROLLOUT] === "checkout", 3_000);
    await house.clock.advance(3_000);
    if (tagFor(phase) === "v2") expect(house.sim.users.summary().failed).toBe(0);
    expect(house.unvetted()).toEqual([]);
    expect(house.sim.store.list("rolloutruns.sluice.dev")).toHaveLength(1);
    await house.term.stop();
  },
);
