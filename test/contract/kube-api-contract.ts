import { afterAll, beforeAll, describe } from "vitest";
import type { KubeApi, Resource } from "../../src/kube/port.ts";
import { deletionCases } from "./deletion-cases.ts";
import { listAndWatchCases } from "./list-and-watch-cases.ts";
import { patchCases } from "./patch-cases.ts";
import { schemaCases } from "./schema-cases.ts";
import { writeCases } from "./write-cases.ts";

/** One API to hold against the contract. `namespace` exists and holds nothing but what the server puts there itself. */
export interface ContractApi {
  api: KubeApi;
  namespace: string;
  /** A kind, and a version of it that the server no longer knows. */
  tooOld: { resource: Resource; resourceVersion: string };
  close(): Promise<void>;
}

/** What the cases get: the same API, under fixed names. */
export interface ContractContext {
  api(): KubeApi;
  namespace(): string;
  tooOld(): ContractApi["tooOld"];
}

/**
 * What the controller may rely on in a KubeApi, checked alike against the real API server and against the simulator. Uses
 * ConfigMaps as plain objects and Deployments as objects with a status subresource and a generation; every case has names of its own.
 *
 * @param options.schemas false for an API that knows no fields of kinds: leaves out what defaults and validates them
 */
export function kubeApiContract(
  name: string,
  makeApi: () => Promise<ContractApi>,
  options: { schemas?: boolean } = {},
): void {
  describe(`the contract of KubeApi, kept by ${name}`, { timeout: 30_000 }, () => {
    let made: ContractApi | undefined;
    const current = (): ContractApi => {
      if (!made) throw new Error("the API was not made");
      return made;
    };
    beforeAll(async () => {
      made = await makeApi();
    }, 120_000);
    afterAll(async () => {
      await made?.close();
    });
    const context: ContractContext = {
      api: () => current().api,
      namespace: () => current().namespace,
      tooOld: () => current().tooOld,
    };
    writeCases(context);
    patchCases(context);
    listAndWatchCases(context);
    deletionCases(context);
    if (options.schemas ?? true) schemaCases(context);
  });
}
