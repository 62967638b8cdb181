import type { KubeObject } from "../../src/kube/port.ts";
import type { Ref } from "../lab/admin.ts";
import type { LabClient } from "../lab/client.ts";
import type { Shop } from "../lab/namespace.ts";

const EVERY_MS = 2_000;
/** As Flux applies: by server-side apply, forced. */
const MANAGER = "kustomize-controller";

/** What is in Git, by kind. A change here is a commit: it is applied within two seconds. */
export type Manifests = Record<"Deployment" | "Service" | "VirtualService" | "DestinationRule", KubeObject>;

export interface CoOwner extends AsyncDisposable {
  readonly git: Manifests;
  /** How often all of it was applied. */
  applied(): number;
  /** What the API server refused. */
  readonly refused: string[];
}

export interface CoOwnerOptions {
  /** Fields that are taken from the cluster before each apply, as with a Kustomization's `spec.ignore`. */
  ignored: readonly ("weights" | "labels")[];
}

/** Applies what the shop's objects are at this moment, as Git's manifests, every two seconds until it is disposed of. */
export async function startCoOwner(lab: LabClient, shop: Shop, options: CoOwnerOptions): Promise<CoOwner> {
  const git: Manifests = {
    Deployment: await manifest(lab, shop.deployment),
    Service: await manifest(lab, shop.service),
    VirtualService: await manifest(lab, shop.virtualService),
    DestinationRule: await manifest(lab, shop.destinationRule),
  };
  const refused: string[] = [];
  let applied = 0;
  let round: Promise<void> | undefined;

  async function applyAll(): Promise<void> {
    const route = structuredClone(git.VirtualService);
    const rule = structuredClone(git.DestinationRule);
    if (options.ignored.includes("weights")) adopt(route, await lab.admin.get(shop.virtualService), weightsOf);
    if (options.ignored.includes("labels")) adopt(rule, await lab.admin.get(shop.destinationRule), labelsOf);
    const all = [git.Deployment, git.Service, route, rule];
    await Promise.all(all.map((object) => lab.admin.apply(object, MANAGER)));
    applied += 1;
  }

  // One at a time: a tool does not overtake itself.
  const timer = setInterval(() => {
    round ??= applyAll()
      .catch((error: unknown) => void refused.push(String(error)))
      .finally(() => (round = undefined));
  }, EVERY_MS);
  return {
    git,
    refused,
    applied: () => applied,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await round;
    },
  };
}

async function manifest(lab: LabClient, ref: Ref): Promise<KubeObject> {
  const { apiVersion, kind, metadata, spec } = await lab.admin.get(ref);
  const { name, namespace = "", labels = {} } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, labels }, spec };
}

type Fields = Record<string, unknown>;

/** Puts the values of the cluster in the places of Git's, where both have the place. */
function adopt(ours: KubeObject, live: KubeObject, places: (object: KubeObject) => [Fields, string][]): void {
  const theirs = places(live);
  for (const [at, [fields, name]] of places(ours).entries()) {
    const [from] = theirs[at] ?? [];
    if (from !== undefined) fields[name] = from[name];
  }
}

/** A route that delegates has no weights of its own. */
function weightsOf(object: KubeObject): [Fields, string][] {
  const { http } = object["spec"] as { http: { route?: Fields[] }[] };
  return http.flatMap(({ route = [] }) => route.map((each): [Fields, string] => [each, "weight"]));
}

function labelsOf(object: KubeObject): [Fields, string][] {
  const { subsets } = object["spec"] as { subsets: Fields[] };
  return subsets.map((subset): [Fields, string] => [subset, "labels"]);
}
