import { expect } from "vitest";
import type { KubeObject } from "../../src/kube/port.ts";
import type { Ref } from "../lab/admin.ts";
import type { LabClient } from "../lab/client.ts";
import type { RequestLog } from "../lab/request-log.ts";
import { until } from "../lab/wait.ts";
import type { WeightReading } from "../lab/weights-recorder.ts";
import type { Scene } from "./scene.ts";

/** What Sluice told people in a namespace, in the order in which it did. */
export async function eventsOf(lab: LabClient, namespace: string): Promise<{ reason: string; note: string }[]> {
  const all = await lab.admin.list({ apiVersion: "events.k8s.io/v1", kind: "Event", namespace });
  return all
    .filter((event) => event["reportingController"] === "sluice.dev/controller")
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map((event) => ({ reason: String(event["reason"]), note: String(event["note"]) }));
}

/** The reasons of these, once the last one is there: people are told after the fact, beside the work. */
export async function reasonsOf(
  { lab, shop }: Pick<Scene, "lab" | "shop">,
  last: string,
  times = 1,
): Promise<string[]> {
  return await until(`people were told ${last}`, async () => {
    const reasons = (await eventsOf(lab, shop.namespace)).map(({ reason }) => reason);
    return reasons.filter((reason) => reason === last).length >= times && reasons;
  });
}

/** The reasons of a release in three steps that nothing happened to. */
export const goodRelease: readonly string[] = (
  "PreflightPassed Scaling WeightRaised StepStarted StepPassed Scaling WeightRaised StepStarted " +
  "StepPassed Scaling WeightRaised StepStarted Promoting UsersMoved Converging Promoted"
).split(" ");

/** An object as its user wrote it: without what the API server, the deployment controller and the mark of protection add. */
export async function asWritten(lab: LabClient, ref: Ref): Promise<unknown> {
  const object = await lab.admin.find(ref);
  if (object === undefined) return undefined;
  const { managedFields: _, resourceVersion: __, generation: ___, annotations, ...metadata } = object.metadata;
  const added = ["sluice.dev/rollout", "deployment.kubernetes.io/revision"];
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !added.includes(key));
  return { metadata: { ...metadata, annotations: Object.fromEntries(kept) }, spec: object["spec"] };
}

/** Deployment, VirtualServices and DestinationRules of the shop, as their user wrote them. */
export async function objectsAsWritten({ lab, shop }: Pick<Scene, "lab" | "shop">): Promise<Record<string, unknown>> {
  const routing = await Promise.all(
    ["VirtualService", "DestinationRule"].map((kind) =>
      lab.admin.list({ apiVersion: "networking.istio.io/v1", kind, namespace: shop.namespace }),
    ),
  );
  const deployments = await lab.admin.list({ apiVersion: "apps/v1", kind: "Deployment", namespace: shop.namespace });
  const named = [...deployments, ...routing.flat()].map(async (object: KubeObject) => {
    const { apiVersion, kind, metadata } = object;
    const written = await asWritten(lab, { apiVersion, kind, namespace: shop.namespace, name: metadata.name });
    return [`${kind}/${metadata.name}`, written] as const;
  });
  return Object.fromEntries(await Promise.all(named));
}

/** The same, once its user has changed the image. */
export function withImage(objects: Record<string, unknown>, image: string): Record<string, unknown> {
  const copy = structuredClone(objects) as Record<string, { spec: { template: { spec: { containers: object[] } } } }>;
  const container = copy["Deployment/checkout"]?.spec.template.spec.containers[0];
  if (container === undefined) throw new Error("there is no Deployment checkout");
  Object.assign(container, { image });
  return copy;
}

/** The same, held: its template is not the one that users are on. */
export function paused(objects: Record<string, unknown>): Record<string, unknown> {
  const own = objects["Deployment/checkout"] as { spec: object };
  return { ...objects, "Deployment/checkout": { ...own, spec: { ...own.spec, paused: true } } };
}

/** The shares of the candidate's subset that were in force, one after the other. */
export function canaryPercents(history: readonly WeightReading[]): number[] {
  const all = history.filter(({ percents }) => Object.keys(percents).length > 0).map(canaryOf);
  return all.filter((percent, at) => percent !== all[at - 1]);
}

function canaryOf({ percents }: WeightReading): number {
  return percents["canary"] ?? 0;
}

/** Around a change: how late the recorder may have seen it, and how long Envoy's workers and open requests may lag. */
const MARGIN_MS = 500;

/**
 * Every share that was in force is the share that users met: the requests that `version` answered lie within 4.5 standard deviations
 * of the binomial distribution (once in 150,000 windows they do not), in each window between two changes of the split.
 * Gives the number of requests looked at, by percent. `passShortOnes`: where a controller that begins anew may take a share back at
 * once, what was in force for a moment only says nothing.
 */
export function expectShares(
  log: RequestLog,
  history: readonly WeightReading[],
  version: string,
  { passShortOnes = false } = {},
): Record<number, number> {
  const seen: Record<number, number> = {};
  for (const [at, reading] of history.entries()) {
    const percent = canaryOf(reading);
    // At 0 the subsets are relabelled: who gets the other 100 % is told by the phase, not by the weight.
    if (percent === 0) continue;
    const next = history.slice(at + 1).find((later) => canaryOf(later) !== percent);
    const within = log.window(reading.atMs + MARGIN_MS, (next?.atMs ?? Number.POSITIVE_INFINITY) - MARGIN_MS);
    const { total } = within;
    if (passShortOnes && total <= 100) continue;
    expect(total, `requests at ${percent} %`).toBeGreaterThan(100);
    const met = within.countByVersion()[version] ?? 0;
    const fraction = percent / 100;
    const tolerance = 4.5 * Math.sqrt(total * fraction * (1 - fraction));
    expect(Math.abs(met - total * fraction), `${met} of ${total} at ${percent} %`).toBeLessThanOrEqual(tolerance);
    seen[percent] = (seen[percent] ?? 0) + total;
  }
  return seen;
}

/** Figures for whoever reads the test's output. */
export function tell(title: string, figures: Readonly<Record<string, unknown>>): void {
  const words = Object.entries(figures).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  console.log(`${title}: ${words.join(", ")}`);
}
