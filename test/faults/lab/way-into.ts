import type { State } from "../../../src/api/phase.ts";
import { command, type Scene } from "../../e2e/scene.ts";
import { canaryPercents } from "../../e2e/seen.ts";
import { until } from "../../lab/wait.ts";

/** How a run comes into a state and is found there. */
export interface WayInto {
  readonly state: State;
  /** Laid over the Rollout's spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Before the version is shipped. */
  readonly prepare?: (scene: Scene) => Promise<void>;
  /** From where the run goes into the state: what a person does there. */
  readonly turnOff?: { readonly at: State; readonly act: (scene: Scene) => Promise<unknown> };
  /** In which step of the plan, counted from 0. @default any */
  readonly step?: number;
  /** Not before users' proxy has this percent in force. */
  readonly inForce?: number;
  /** Not before the Deployment rolls. */
  readonly rolls?: boolean;
}

/** Resolves when the first run is in the state. */
export async function goInto(scene: Scene, { state, step, turnOff, inForce, rolls }: WayInto): Promise<void> {
  const { runs, lab, shop } = scene;
  if (turnOff !== undefined) {
    await runs.waitFor(1, turnOff.at);
    await turnOff.act(scene);
  }
  await runs.waitFor(1, state);
  if (step !== undefined)
    await until(`${state} of step ${step}`, () => {
      const { phase, step: now } = runs.find(1)?.status ?? {};
      return phase === state && now === step;
    });
  if (inForce !== undefined)
    await until(`${inForce} % is in force`, () => canaryPercents(scene.weights.history).at(-1) === inForce);
  if (rolls === true)
    await until("the hold is open", async () => {
      const { spec } = await lab.admin.get(shop.deployment);
      return (spec as { paused?: boolean }).paused !== true;
    });
}

/** The old pods are kept for long enough that only what a test does ends it. */
export const keepLong = { promotion: { ramp: [100], observe: "3s", keepPrevious: "60s" } };
export const gated = { steps: [{ name: "first", weight: 10, observe: "3s", approval: {} }] };

const BLOCKER = { apiVersion: "apps/v1", kind: "Deployment", name: "checkout-1" };

/** Its name is the one that the candidate's Deployment needs: the run stays in Preflight until it is gone. */
export async function block({ lab, shop }: Scene): Promise<void> {
  const template = { metadata: { labels: { app: "other" } }, spec: { containers: [{ name: "app", image: "x:v1" }] } };
  const { name, ...kind } = BLOCKER;
  await lab.admin.create({
    ...kind,
    metadata: { name, namespace: shop.namespace },
    spec: { replicas: 0, selector: { matchLabels: { app: "other" } }, template },
  });
}

export async function unblock({ lab, shop }: Scene): Promise<void> {
  await lab.admin.delete({ ...BLOCKER, namespace: shop.namespace });
}

export const pausing: NonNullable<WayInto["turnOff"]> = { at: "Observing", act: (scene) => command(scene, 1, "pause") };
export const undoing: NonNullable<WayInto["turnOff"]> = { at: "Keeping", act: (scene) => command(scene, 1, "undo") };
export const deleting: NonNullable<WayInto["turnOff"]> = {
  at: "Keeping",
  act: ({ lab, rollout }) => lab.admin.delete(rollout),
};
