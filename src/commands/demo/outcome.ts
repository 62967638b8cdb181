import { isDeepStrictEqual } from "node:util";
import type { Sim } from "../../sim/sim.ts";
import type { ActResult, Outcome } from "./happening.ts";
import type { Act } from "./story.ts";
import { HOST, runNumber, sharesInForce, virtualServiceSpec, workloads } from "./world.ts";

export interface Played {
  sim: Sim;
  acts: readonly Act[];
  /** How many acts there should have been. */
  wanted: number;
  /** The beginning, in milliseconds since the epoch of the simulated clock. */
  startMs: number;
  /** Since then. */
  nowMs: number;
  specBefore: unknown;
}

/** Looks at what became of it all, and whether that is what the demo promises. */
export function judge(played: Played): Outcome {
  const { sim, startMs, nowMs, specBefore } = played;
  const acts = played.acts.map((act) => resultOf(played, act));
  const { total, failed } = sim.users.summary({ fromMs: startMs, host: HOST });
  const [good, bad] = acts;
  const spec = virtualServiceSpec(sim);
  const last = sharesInForce(sim);
  const expected: [held: boolean, sentence: string][] = [
    [acts.length === played.wanted, `only ${acts.length} of ${played.wanted} versions were shipped in time`],
    [good?.outcome === "Promoted", `${good?.version} should be promoted; it is ${good?.outcome}`],
    [good?.failed === 0, `${good?.version} should cost users nothing; ${good?.failed} requests failed`],
    [bad?.outcome === "RolledBack", `${bad?.version} should be rolled back; it is ${bad?.outcome}`],
    [bad?.evidence !== undefined, `${bad?.version} should be rolled back by its numbers; the reason was: ${bad?.why}`],
    [
      last.length === 1 && last[0]?.versions.join() === good?.version,
      `users should all be on ${good?.version} at the end; they are on ${last.flatMap(({ versions }) => versions).join(", ")}`,
    ],
    [workloads(sim).length === 1, "no twin should be left"],
    [isDeepStrictEqual(spec, specBefore), "the VirtualService should be as its user wrote it"],
  ];
  const unmet = expected.filter(([held]) => !held).map(([, sentence]) => sentence);
  return { acts, tookMs: nowMs, requests: total, failed, virtualService: spec, unmet };
}

function resultOf({ sim, startMs, nowMs }: Played, act: Act): ActResult {
  const run = runNumber(sim, act.ordinal);
  const endedMs = act.endedMs ?? nowMs;
  const seen = sim.users.summary({ fromMs: startMs + act.shippedMs, toMs: startMs + endedMs, host: HOST });
  const own = seen.byVersion[act.version] ?? { total: 0, failed: 0 };
  const why = run?.status.end?.message;
  return {
    version: act.version,
    image: act.image,
    run: run?.name ?? "",
    outcome: run?.status.phase ?? "NotStarted",
    tookMs: endedMs - act.shippedMs,
    peakPercent: act.peakPercent,
    requests: seen.total,
    failed: seen.failed,
    versionRequests: own.total,
    versionFailed: own.failed,
    failureSpanMs: (seen.lastFailureMs ?? 0) - (seen.firstFailureMs ?? 0),
    ...(why === undefined ? {} : { why }),
    ...(act.breach === undefined ? {} : { evidence: act.breach }),
  };
}
