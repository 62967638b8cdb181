import { join } from "node:path";
import type { TestContext } from "vitest";
import type { LabClient } from "../lab/client.ts";
import { type FaultProxy, startFaultProxy } from "../lab/fault-proxy/fault-proxy.ts";
import { createScene, type Scene, type SceneOptions } from "./scene.ts";

export interface FaultyScene extends AsyncDisposable {
  readonly scene: Scene;
  /** Between the scene's controller and the API server, and nobody else. */
  readonly proxy: FaultProxy;
}

/** A scene whose controller, of its own, reaches the API server through a fault proxy. No fault is on yet. */
export async function createFaultyScene(
  lab: LabClient,
  { onTestFailed }: Pick<TestContext, "onTestFailed">,
  options: Partial<SceneOptions> = {},
): Promise<FaultyScene> {
  await using stack = new AsyncDisposableStack();
  const proxy = stack.use(await startFaultProxy(lab.info.apiserver));
  const file = join(lab.info.dir, `faulty-${crypto.randomUUID().slice(0, 8)}.kubeconfig`);
  const kubeconfig = await proxy.writeKubeconfig(file, lab.info.tokens.sluice);
  const scene = stack.use(
    await createScene(lab, {
      ...options,
      onTestFailed: (tellIt) =>
        onTestFailed(() => {
          tellIt();
          console.error(proxy.met());
        }),
      kubeconfig,
    }),
  );
  const owned = stack.move();
  return { scene, proxy, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
