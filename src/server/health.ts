import type { Clock } from "../clock.ts";

/** What `/healthz` and `/readyz` answer: status 200, or 503 with the reasons. */
export interface HealthReport {
  ok: boolean;
  role: "starting" | "standing by" | "leading" | "stopping";
  /** Who holds the lease, as far as this process has seen. */
  leader?: string;
  reasons: string[];
}

export interface Health {
  /** The process is alive and its work goes on: what it says no to, only a restart mends. */
  alive(): HealthReport;
  /** It can do what it is there for: its caches are filled when it leads, and it knows who leads when it does not. */
  ready(): HealthReport;
  sawHolder(identity: string): void;
  /** Leadership was won; the caches are being filled. */
  leads(): void;
  /** What the cluster lacks, so that work cannot begin; undefined once it is there. */
  lacks(what: string | undefined): void;
  /** The caches are filled and work has begun. `active` gives the passes in hand. */
  works(active: () => number): void;
  /** A pass has ended. */
  passed(): void;
  stops(): void;
}

/** A pass bounds each of its requests by seconds: one that takes this long hangs. */
const STUCK_MS = 300_000;

export function createHealth({ clock }: { clock: Clock }): Health {
  let role: HealthReport["role"] = "starting";
  let holder: string | undefined;
  let active: (() => number) | undefined;
  let lack: string | undefined;
  let passedMs = clock.monotonic();

  function report(reasons: string[]): HealthReport {
    return { ok: reasons.length === 0, role, ...(holder === undefined ? {} : { leader: holder }), reasons };
  }

  function idle(): boolean {
    return (active?.() ?? 0) === 0;
  }

  return {
    alive() {
      if (idle()) passedMs = clock.monotonic();
      const silentMs = clock.monotonic() - passedMs;
      if (silentMs < STUCK_MS) return report([]);
      return report([`${active?.()} passes are in hand and none has ended for ${Math.round(silentMs / 1000)} s`]);
    },
    ready() {
      if (role === "stopping") return report(["the process is stopping"]);
      if (role === "leading")
        return report(active === undefined ? [`leading, but ${lack ?? "the caches are not filled yet"}`] : []);
      return report(role === "starting" ? ["the lease was not read yet"] : []);
    },
    sawHolder(identity) {
      holder = identity;
      if (role === "starting") role = "standing by";
    },
    leads() {
      if (role !== "stopping") role = "leading";
    },
    lacks(what) {
      lack = what;
    },
    works(count) {
      active = count;
      passedMs = clock.monotonic();
    },
    passed() {
      passedMs = clock.monotonic();
    },
    stops() {
      role = "stopping";
    },
  };
}
