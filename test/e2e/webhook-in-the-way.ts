import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import { join } from "node:path";
import type { LabClient } from "../lab/client.ts";
import { until } from "../lab/wait.ts";

export interface WebhookInTheWay {
  /** As the API server names it in its refusals. */
  readonly name: string;
  /** How many writes it was asked about, and let none of them pass. */
  asked(): number;
  /** Resolves when the API server asks it no more. */
  remove(): Promise<void>;
}

/** The API server asks for so long, and refuses the write then. */
const ASKS_FOR_SECONDS = 2;

/**
 * An admission webhook that lets no change of a VirtualService in one namespace pass: it denies each, or never answers. Resolves when
 * it is in force. It serves on loopback with the API server's own certificate, which is made out to that address.
 */
export async function startWebhookInTheWay(
  lab: LabClient,
  namespace: string,
  manner: "denies" | "hangs",
): Promise<WebhookInTheWay> {
  const name = `guard.${namespace}.example.com`;
  const certs = join(lab.info.dir, "certs");
  const [cert, key] = await Promise.all(["apiserver.crt", "apiserver.key"].map((file) => readFile(join(certs, file))));
  let asked = 0;
  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const {
        apiVersion,
        kind,
        request: review,
      } = JSON.parse(Buffer.concat(chunks).toString()) as {
        apiVersion: string;
        kind: string;
        request: { uid: string; dryRun?: boolean };
      };
      if (review.dryRun !== true) asked++;
      if (manner === "hangs") return;
      const answer = { uid: review.uid, allowed: false, status: { message: "routes are frozen" } };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ apiVersion, kind, response: answer }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const configuration = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name },
    webhooks: [
      {
        name,
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        failurePolicy: "Fail",
        timeoutSeconds: ASKS_FOR_SECONDS,
        clientConfig: {
          url: `https://127.0.0.1:${port}/`,
          caBundle: Buffer.from(lab.info.apiserver.ca).toString("base64"),
        },
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        rules: [
          {
            apiGroups: ["networking.istio.io"],
            apiVersions: ["*"],
            operations: ["UPDATE"],
            resources: ["virtualservices"],
          },
        ],
      },
    ],
  };
  await lab.admin.create(configuration);
  const route = { apiVersion: "networking.istio.io/v1", kind: "VirtualService", namespace, name: "checkout" };
  const isInTheWay = async () => {
    const body = { metadata: { annotations: { probe: "refused" } } };
    return await lab.admin.mergePatch(route, body, { dryRun: "All" }).then(
      () => false,
      (error: unknown) => String(error).includes(name),
    );
  };
  await until("the webhook is in force", isInTheWay);
  return {
    name,
    asked: () => asked,
    async remove() {
      const { apiVersion, kind } = configuration;
      await lab.admin.delete({ apiVersion, kind, name });
      await until("the webhook is asked no more", async () => !(await isInTheWay()));
      server.closeAllConnections();
      server.close();
    },
  };
}
