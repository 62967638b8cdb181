import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { dnsLabelSchema, ROLLOUT_NAME_LENGTH } from "../api/fields.ts";
import { LABEL_ROLLOUT } from "../api/metadata.ts";
import { isFinal } from "../api/phase.ts";
import type { Command } from "../api/run.ts";
import type { ReadRun } from "../controller/observe.ts";
import { readRun } from "../controller/read.ts";
import { rolloutRuns } from "../controller/resources.ts";
import { isPassing } from "../kube/errors.ts";
import type { Log } from "../kube/log.ts";
import type { KubeApi } from "../kube/port.ts";

/** What Alertmanager's webhook of version 4 brings, as far as it matters here. */
const bodySchema = z.object({
  version: z.literal("4"),
  alerts: z.array(
    z.object({
      status: z.enum(["firing", "resolved"]),
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()).default({}),
      startsAt: z.string(),
      fingerprint: z.string().max(64),
    }),
  ),
});
type Alert = z.output<typeof bodySchema>["alerts"][number];

export interface AlertsOptions {
  api: KubeApi;
  log: Log;
  /** Asked at each request, so that the Secret may change. */
  token: () => Promise<string>;
  /** The controller's own user name, as the API server knows it: who gives the commands. */
  user: () => Promise<string>;
}

/** Which run an alert is about: labels that somebody wrote by hand. */
const placeSchema = z.object({
  namespace: dnsLabelSchema,
  rollout: z
    .string()
    .max(ROLLOUT_NAME_LENGTH)
    .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, "expected the name of a Rollout"),
});

const LONGEST_BODY = 1_000_000;
/** Raised by Sluice itself: it must not stop what it tells of. */
const OWN_ALERT = "SluiceRollout";

/** Takes alerts: one that fires with the labels `namespace` and `rollout` pauses the run that is under way there, or aborts it. */
export function createAlerts(options: AlertsOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    if (!(await isAllowed(request.headers.get("authorization") ?? "", options.token))) return say(401, "unauthorized");
    const text = await request.text();
    if (text.length > LONGEST_BODY) return say(413, "the body is longer than 1 MB");
    const body = bodySchema.safeParse(parsed(text));
    if (!body.success) {
      const [issue] = body.error.issues;
      return say(
        400,
        `expected the body of Alertmanager's webhook, version 4: ${issue?.path.join(".")}: ${issue?.message}`,
      );
    }
    const done: string[] = [];
    let isWorthRetry = false;
    for (const alert of body.data.alerts) {
      if (alert.status !== "firing") continue;
      try {
        done.push(...(await obey(options, alert)));
      } catch (err) {
        // The others of its group are obeyed all the same.
        const { alertname, namespace, rollout } = alert.labels;
        options.log.warn({ err, alertname, namespace, rollout }, "an alert could not be passed on to its run");
        isWorthRetry ||= isPassing(err);
      }
    }
    // Alertmanager sends the whole group again; what is done already stays one command.
    return isWorthRetry ? say(503, "the API server did not take every command; try again") : Response.json({ done });
  };
}

function say(status: number, error: string): Response {
  return Response.json({ error }, { status });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** By digests, so that neither length nor content shows in the time that it takes. A token that is empty lets nobody in. */
async function isAllowed(header: string, token: () => Promise<string>): Promise<boolean> {
  const expected = (await token().catch(() => "")).trim();
  const digest = (value: string) => createHash("sha256").update(value).digest();
  return timingSafeEqual(digest(header), digest(`Bearer ${expected}`)) && expected !== "";
}

async function obey({ api, log, user }: AlertsOptions, alert: Alert): Promise<string[]> {
  const { namespace, rollout, alertname = "an alert", sluice_action: action = "pause" } = alert.labels;
  if (namespace === undefined || rollout === undefined || alertname === OWN_ALERT) return [];
  if (action !== "pause" && action !== "abort") {
    log.warn({ namespace, rollout, alertname, action }, "the label sluice_action of an alert: expected pause or abort");
    return [];
  }
  const place = placeSchema.safeParse({ namespace, rollout });
  if (!place.success) {
    const [issue] = place.error.issues;
    const label = issue?.path[0] === "namespace" ? "namespace" : "rollout";
    const about = { alertname, label, value: alert.labels[label] };
    log.warn(about, `a label of an alert names no run, and nothing is done: ${issue?.message}`);
    return [];
  }
  const run = await activeRun(api, namespace, rollout);
  if (run === undefined || (action === "pause" && run.status.phase === "Paused")) return [];
  // The same firing is sent again and again; it is one command.
  const started = createHash("sha256").update(alert.startsAt).digest("hex").slice(0, 8);
  const id = `alert-${alert.fingerprint.replaceAll(/[^a-z0-9]/gi, "").slice(0, 40)}-${started}`;
  if (run.spec.commands.some((command) => command.id === id)) return [];
  const cause = alert.annotations["summary"] ?? alert.annotations["description"] ?? "";
  const reason = `alert ${alertname} fires${cause === "" ? "" : `: ${cause}`}`.slice(0, 1_024);
  const command: Command = { id, verb: action, reason, by: await user() };
  await api.patch(
    rolloutRuns,
    { namespace: run.namespace, name: run.name },
    {
      type: "json",
      operations: [
        { op: "test", path: "/metadata/uid", value: run.uid },
        { op: "add", path: "/spec/commands/-", value: command },
      ],
    },
    { fieldManager: "sluice-alerts" },
  );
  log.info({ namespace, rollout, run: run.name, alertname, verb: action }, "an alert fires: the run is told");
  return [`${action} ${namespace}/${run.name}`];
}

async function activeRun(api: KubeApi, namespace: string, rollout: string): Promise<ReadRun | undefined> {
  const { items } = await api.list(rolloutRuns, { namespace, labelSelector: `${LABEL_ROLLOUT}=${rollout}` });
  return items.flatMap((item) => readRun(item) ?? []).find(({ status }) => !isFinal(status.phase));
}
