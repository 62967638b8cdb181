import { openHouse, type House } from "../../src/controller/fixture.test-helper.ts";
import type { Log } from "../../src/kube/log.ts";
import { horizontalPodAutoscalers } from "../../src/kube/resources.ts";
import { seededRandom } from "../../src/sim/random.ts";
import { createHealth, type Health } from "./health.ts";
import type { Setting } from "./schedule.ts";
import { createTerms, type Terms } from "./terms.ts";

/** What a foreign hand did that can by itself hurt users until the controller has answered: to the mesh, to pods, or to the hold. */
export type Harm = "routing" | "pods" | "hold";

/** A cluster with its users, a controller, and everything that a schedule can turn. */
export interface Stage {
  setting: Setting;
  house: House;
  terms: Terms;
  health: Health;
  /** Does what somebody else does; the change is known to be theirs. Refusals by the API server are theirs too. */
  foreign(write: () => Promise<unknown>, harm?: Harm): Promise<void>;
  /** Notes such harm done now. */
  harm(kind: Harm): void;
  /** True while a foreign hand's write is carried out. */
  isForeign(): boolean;
  /** A foreign hand has done such harm lately. */
  isHarmed(...harms: readonly Harm[]): boolean;
  /** Watches that are late are well again from then on. */
  lateWatches: boolean;
  prometheusMode: string;
  /** Does it `ms` from now, whatever is calmed meanwhile. */
  later(ms: number, run: () => void): void;
  /** Such things are still to come. */
  isExpecting(): boolean;
  advance(ms: number): Promise<void>;
  /** Called after each slice of time. */
  onSlice(listener: () => void): void;
}

export const ROUTE = "virtualservices.networking.istio.io";
export const RULE = "destinationrules.networking.istio.io";
export const SLICE_MS = 100;
/** From a foreign edit until the controller's answer is in force everywhere, while it is well. */
export const ANSWER_MS = 8_000;

export const AUTOSCALER = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "checkout", namespace: "shop" },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" },
    minReplicas: 2,
    maxReplicas: 10,
  },
};

export async function openStage(setting: Setting, log?: Log): Promise<Stage> {
  const { hold, form, autoscaler, seed, routesMs, rulesMs, endpointsMs } = setting;
  const house = await openHouse({
    hold,
    form,
    seed,
    tickMs: 100,
    propagation: { routesMs, rulesMs, endpointsMs },
    requestsPerSecond: 60,
    ...(autoscaler === "none" ? {} : { furnish: (alice) => alice.create(horizontalPodAutoscalers, AUTOSCALER) }),
  });
  const terms = createTerms(house, seededRandom(seed + 1), log);
  const stage: Partial<Stage> & Pick<Stage, "lateWatches"> = { lateWatches: false };
  const health = createHealth({
    controllerWorks: terms.isWorking,
    apiFaults: terms.hasFaults,
    watchesLate: () => stage.lateWatches,
  });
  const harmed = new Map<Harm, number>();
  const listeners: (() => void)[] = [];
  let foreigners = 0;
  let expected = 0;
  return Object.assign(stage, {
    setting,
    house,
    terms,
    health,
    prometheusMode: "up",
    async foreign(write: () => Promise<unknown>, harm?: Harm) {
      if (harm !== undefined) harmed.set(harm, health.mark());
      foreigners += 1;
      // The simulated server carries a call out before it gives the promise back, unless a fault delays it; none does here.
      const writing = write();
      foreigners -= 1;
      await writing.catch(() => {});
    },
    harm: (kind: Harm) => void harmed.set(kind, health.mark()),
    isForeign: () => foreigners > 0,
    isHarmed: (...harms: readonly Harm[]) =>
      harms.some((harm) => {
        const mark = harmed.get(harm);
        return mark !== undefined && health.sinceMs(mark) < ANSWER_MS;
      }),
    async advance(ms: number) {
      for (let left = ms; left > 0; left -= SLICE_MS) {
        const slice = Math.min(SLICE_MS, left);
        await house.clock.advance(slice);
        health.pass(slice);
        for (const listener of listeners) listener();
      }
    },
    later(ms: number, run: () => void) {
      expected += 1;
      house.clock.after(ms, () => {
        expected -= 1;
        run();
      });
    },
    isExpecting: () => expected > 0,
    onSlice: (listener: () => void) => void listeners.push(listener),
  }) as Stage;
}
