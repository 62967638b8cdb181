import { isFinal, type Phase } from "../../api/phase.ts";
import { eText, limitText, percentText } from "../../analysis/wording.ts";
import type { ObjectiveStatus } from "../../api/evidence.ts";
import { formatDuration, formatPercent } from "../../api/units.ts";
import type { Happening, Share } from "./happening.ts";
import { countText } from "./glyphs.ts";
import { type Act, BUCKET_MS, type Story } from "./story.ts";
import { type Evidence, type Run, sharesInForce, workloads, type Workload } from "./world.ts";

export interface SceneStep {
  label: string;
  mark: "passed" | "current" | "ahead" | "failed";
  /** How far the observation is. */
  progress?: string;
}

export interface VersionUsers {
  version: string;
  /** Requests a second in each bucket of time; undefined where there were none. */
  perSecond: readonly (number | undefined)[];
  ratePerSecond: number;
  total: number;
  failed: number;
}

export interface SceneVerdict {
  name: string;
  verdict: ObjectiveStatus["verdict"];
  text: string;
  /** The evidence against the limit being kept, and how much of it is a breach; "" before there is any. */
  strength: string;
}

/** Everything that one picture shows: plain data, so that pictures can be tested without a story. */
export interface Scene {
  atMs: number;
  /** How many simulated seconds pass in a second. */
  speed: number;
  title: string;
  /** What was typed to ship the version; "" before anything was. */
  command: string;
  run: string;
  /** All versions so far, oldest first: each has a colour of its own. */
  versions: readonly string[];
  phase: Phase | undefined;
  phaseText: string;
  shares: readonly Share[];
  steps: readonly SceneStep[];
  verdicts: readonly SceneVerdict[];
  /** The versions that this release is about. */
  users: readonly VersionUsers[];
  total: number;
  failed: number;
  /** Percent of all users' requests that failed, in each bucket of time. */
  failedPercent: readonly (number | undefined)[];
  pods: readonly Workload[];
  happenings: readonly Happening[];
}

export const PHASE_TEXT: Readonly<Record<Phase, string>> = {
  Preflight: "checking that a run would be safe",
  Waiting: "waiting for the next step",
  Fencing: "narrowing subset stable to the live pods",
  Scaling: "starting the candidate's pods beside",
  Shifting: "weights written; waiting until traffic shows them",
  Observing: "watching how users fare",
  Paused: "paused",
  SwappingLabels: "subset stable turns to the vetted pods",
  SwappingWeight: "all weight goes back to subset stable",
  Keeping: "old pods are kept for an instant undo",
  Converging: "the Deployment rolls, with no user on it",
  Joining: "users go back to the Deployment; the twin goes",
  Releasing: "letting go",
  Undoing: "users go back to the old pods",
  Withdrawing: "users are taken away from the candidate",
  Draining: "no user is left there; the candidate's pods go",
  Promoted: "promoted: users are on the new version",
  RolledBack: "rolled back: users are on the old version",
  Aborted: "ended by a person",
  Superseded: "given up for a newer version",
};

/** The story as it stands now. */
export function sceneOf(story: Story, speed: number): Scene {
  const act = story.act();
  const run = story.run();
  const phase = run?.status.phase;
  const now = Math.floor(story.elapsedMs() / BUCKET_MS);
  const byVersion = [...story.meter.byVersion()].filter(([version]) => version !== "");
  const involved = byVersion.filter(
    ([version]) => act === undefined || version === act.before || version === act.version,
  );
  const all = story.meter.all();
  return {
    atMs: story.elapsedMs(),
    speed,
    title: act === undefined ? "v1 serves everybody" : `${act.before} → ${act.version}`,
    command: act?.command ?? "",
    run: run?.name ?? "",
    versions: byVersion.map(([version]) => version),
    phase,
    phaseText: phase === undefined ? "nothing to do" : PHASE_TEXT[phase],
    shares: sharesInForce(story.sim),
    steps: run === undefined ? [] : stepsOf(run, story.elapsedMs() - (act?.shippedMs ?? 0)),
    verdicts: run === undefined ? [] : verdictsOf(run, act),
    total: all.total,
    failed: all.failed,
    users: involved.map(([version, meter]) => {
      // The bucket that is being filled would look like a drop.
      const perSecond = Array.from({ length: now }, (_, index) => perSecondOf(meter.buckets[index]?.total));
      return { version, perSecond, ratePerSecond: perSecond.at(-1) ?? 0, total: meter.total, failed: meter.failed };
    }),
    failedPercent: Array.from({ length: now }, (_, index) => {
      const bucket = all.buckets[index];
      return bucket && (bucket.failed / bucket.total) * 100;
    }),
    pods: workloads(story.sim),
    happenings: [...story.happenings],
  };
}

function perSecondOf(count: number | undefined): number | undefined {
  return count === undefined ? undefined : (count * 1000) / BUCKET_MS;
}

function stepsOf({ spec, status }: Run, sinceShippedMs: number): SceneStep[] {
  const { phase, step: current } = status;
  const lost = isFinal(phase) ? phase !== "Promoted" : ["Withdrawing", "Draining", "Undoing"].includes(phase);
  const beyond = ["SwappingLabels", "SwappingWeight", "Keeping", "Converging", "Joining", "Promoted"].includes(phase);
  return spec.plan.steps.map((step, index) => {
    const label = `${step.name} ${formatPercent(step.weight)}`;
    if (index < current || beyond) return { label, mark: "passed" };
    if (index > current) return { label, mark: "ahead" };
    if (lost) return { label, mark: "failed" };
    if (phase !== "Observing" || status.appliedAt === undefined || status.startedAt === undefined)
      return { label, mark: "current" };
    const doneMs = sinceShippedMs - (Date.parse(status.appliedAt) - Date.parse(status.startedAt));
    const whole = Math.min(step.observeMs, Math.max(0, Math.floor(doneMs / 1000) * 1000));
    return { label, mark: "current", progress: `${whole / 1000}/${formatDuration(step.observeMs)}` };
  });
}

function verdictsOf({ spec, status }: Run, act: Act | undefined): SceneVerdict[] {
  return status.objectives.map((objective) => {
    const kind = spec.plan.analysis.objectives.find(({ name }) => name === objective.name)?.kind ?? "errorRate";
    // Of a breach the numbers that decided, not those that came after.
    const evidence = act?.breach?.objective === objective.name ? act.breach : objective.evidence;
    const { name, verdict } = objective;
    const strength = evidence === undefined ? "" : `E ${eText(evidence.eValue)} of ${eText(1 / evidence.alpha)}`;
    const text =
      evidence === undefined || evidence.total === 0
        ? objective.message.replace(`${name}: `, "")
        : evidenceText(evidence, kind === "latency" ? "slow" : "failed");
    return { name, verdict, text, strength };
  });
}

/** `0 of 339 failed (0 %), limit 2 %`. */
function evidenceText({ bad, total, fraction, limitFraction }: Evidence, word: string): string {
  const share = percentText(fraction ?? 0);
  return `${countText(bad)} of ${countText(total)} ${word} (${share}), limit ${limitText(limitFraction)}`;
}
