import type { RunStatus } from "../api/run.ts";
import { runChecks } from "../checks/all.ts";
import type { CheckWorld } from "../checks/types.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../kube/log.ts";

type Findings = RunStatus["preflight"];

/** Runs the checks beside the passes, since they ask the API server and Prometheus. */
export interface PreflightDesk {
  /** What the last look found; undefined before the first. */
  findings(runUid: string): Findings | undefined;
  /** Looks now, unless a look is under way, or the last was less than a minute ago and `inputs` are what they were then. */
  look(key: string, runUid: string, inputs: string, gather: () => Promise<CheckWorld>): void;
  forget(runUid: string): void;
}

interface Look {
  inputs: string;
  atMs: number;
  busy: boolean;
  /** Could not look: not again before this, whatever else makes passes. */
  notBeforeMs: number;
  findings: Findings | undefined;
}

const AGAIN_MS = 60_000;
const RETRY_MS = 5_000;

export function createPreflightDesk(options: { clock: Clock; log: Log; onNews(key: string): void }): PreflightDesk {
  const { clock, log } = options;
  const looks = new Map<string, Look>();
  return {
    findings: (runUid) => looks.get(runUid)?.findings,
    look(key, runUid, inputs, gather) {
      const last = looks.get(runUid);
      if (last?.busy === true || clock.monotonic() < (last?.notBeforeMs ?? 0)) return;
      if (last !== undefined && last.inputs === inputs && clock.monotonic() - last.atMs < AGAIN_MS) return;
      const look: Look = { inputs, atMs: clock.monotonic(), busy: true, notBeforeMs: 0, findings: last?.findings };
      looks.set(runUid, look);
      gather()
        .then((world) => {
          look.busy = false;
          look.findings = runChecks(world).map(({ id, severity, message, remedy }) => ({
            id,
            severity,
            message,
            remedy,
          }));
          options.onNews(key);
        })
        .catch((error: unknown) => {
          log.warn({ key, err: error }, "preflight could not gather what it looks at; it tries again");
          look.inputs = "";
          look.notBeforeMs = clock.monotonic() + RETRY_MS;
          clock.after(RETRY_MS, () => options.onNews(key));
        })
        .finally(() => {
          look.busy = false;
        });
    },
    forget: (runUid) => void looks.delete(runUid),
  };
}
