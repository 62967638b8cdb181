import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LabClient } from "../lab/client.ts";
import { createPart } from "../lab/part.ts";
import { serviceAccountKubeconfig } from "../lab/service-account.ts";
import { freePort } from "./sluice.ts";

/** A controller as the chart runs it. */
export interface ChartController extends AsyncDisposable {
  /** Where /healthz, /readyz and /metrics are. */
  readonly url: string;
  /** The newest lines of its log. */
  log(): string;
}

interface Deployment {
  spec: {
    template: {
      spec: {
        serviceAccountName: string;
        containers: { args: string[]; env: { name: string; value: string }[] }[];
      };
    };
  };
}

/**
 * Does what a Pod of the Deployment that helm installed would do, since no kubelet runs containers here: `bundle`, the file that the
 * image holds, with the arguments, the environment and a token of the service account that the Deployment says. Only the port is
 * another. Resolves when it is ready.
 */
export async function startChartController(
  lab: LabClient,
  { namespace, bundle }: { namespace: string; bundle: string },
): Promise<ChartController> {
  const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace, name: "sluice" };
  const { spec } = (await lab.admin.get(ref)) as unknown as Deployment;
  const { serviceAccountName, containers } = spec.template.spec;
  const [container] = containers;
  if (container === undefined) throw new Error("the chart's Deployment has no container");
  const account = { namespace, name: serviceAccountName };
  const kubeconfig = await serviceAccountKubeconfig(lab, account, join(lab.info.dir, "chart-controller.kubeconfig"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(lab.info.dir, "chart-controller.log");
  const part = createPart({
    name: "sluice",
    command: process.execPath,
    args: [bundle, ...container.args, `--listen=127.0.0.1:${port}`, `--kubeconfig=${kubeconfig}`],
    env: Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
    logFile,
    ready: async () => (await fetch(`${url}/readyz`)).ok,
  });
  await part.start();
  return {
    url,
    log: () => readFileSync(logFile, "utf8").split("\n").slice(-80).join("\n"),
    [Symbol.asyncDispose]: () => part.stop(),
  };
}
