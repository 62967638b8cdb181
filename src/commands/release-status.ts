import { formatDuration, formatPercent } from "../api/units.ts";
import { type Clock, delay, systemClock } from "../clock.ts";
import { patiently } from "../kube/patient.ts";
import { connect } from "./connect.ts";
import { explain } from "./explain.ts";
import { CommandFailure } from "./failure.ts";
import type { Where } from "./find-rollout.ts";
import { lookAtRelease, type Release } from "./look-at-release.ts";
import { printable } from "./printable.ts";
import { releaseVerdict, type ReleaseVerdict } from "./release-verdict.ts";
import type { StatusFlags } from "./status.ts";
import { troubleTeller } from "./trouble.ts";

const LOOK_MS = 1000;
const CODES: Readonly<Record<ReleaseVerdict["kind"], number>> = { promoted: 0, rolledBack: 1, paused: 2, underWay: 3 };

/** None of the codes that say how a release stands: a pipeline must not take silence for a rollback. */
const CANNOT_TELL = 4;

/** Prints how a release stands, and gives the exit code. @throws CommandFailure with an exit code of its own when that cannot be told */
export async function status(name: string, flags: StatusFlags): Promise<number> {
  try {
    return await ask(name, flags);
  } catch (error) {
    if (error instanceof CommandFailure) throw new CommandFailure(error.message, CANNOT_TELL, { cause: error });
    throw error;
  }
}

async function ask(name: string, flags: StatusFlags): Promise<number> {
  const { api, namespace, server } = connect(flags);
  const where: Where = { api, namespace: flags.namespace ?? namespace, server };
  try {
    return await follow(where, name, systemClock, {
      forMs: flags.watch === true ? flags.timeout : 0,
      say: (release, verdict) =>
        process.stdout.write(
          `${printable(flags.output === "json" ? json(release, verdict) : line(release, verdict))}\n`,
        ),
      troubled: troubleTeller(server, (line) => process.stderr.write(`sluice: ${line}\n`)),
      late: (forMs) => process.stderr.write(`sluice: still under way after ${formatDuration(forMs)}\n`),
    });
  } catch (error) {
    throw explain(error, server);
  } finally {
    await api.close();
  }
}

export interface Following {
  /** How long to wait for an end; 0: one look. */
  forMs: number;
  /** Called at first, and whenever it stands otherwise than before. */
  say: (release: Release, verdict: ReleaseVerdict) => void;
  /** Called when the cluster cannot be asked just now, and is asked again. */
  troubled: (error: unknown) => void;
  late: (forMs: number) => void;
}

/**
 * Looks until the release has ended, or waits for a person, or the time is over. Gives the exit code. A failure that may pass is waited
 * for as long.
 */
export async function follow(
  where: Where,
  name: string,
  clock: Clock,
  { forMs, say, troubled, late }: Following,
): Promise<number> {
  const untilMs = clock.monotonic() + forMs;
  let said = "";
  for (;;) {
    const release = await patiently(clock, () => lookAtRelease(where, name), { untilMs, onTrouble: troubled });
    const verdict = releaseVerdict(release);
    const now = line(release, verdict);
    if (now !== said) say(release, verdict);
    said = now;
    if (verdict.kind !== "underWay") return CODES[verdict.kind];
    if (clock.monotonic() >= untilMs) {
      if (forMs > 0) late(forMs);
      return CODES.underWay;
    }
    await delay(clock, Math.min(LOOK_MS, untilMs - clock.monotonic()));
  }
}

const WORDS: Readonly<Record<ReleaseVerdict["kind"], string>> = {
  promoted: "promoted",
  rolledBack: "rolled back",
  paused: "waits",
  underWay: "under way",
};

function line({ run }: Release, { kind, message }: ReleaseVerdict): string {
  const weight = kind === "underWay" && run !== undefined ? ` (${formatPercent(run.status.weightInForce)})` : "";
  return `${WORDS[kind]}${weight}: ${message}`;
}

function json({ run, rollout }: Release, { kind, message }: ReleaseVerdict): string {
  return JSON.stringify({
    result: kind,
    message,
    run: run?.name,
    phase: run?.status.phase,
    weightPercent: run?.status.weightInForce,
    live: rollout.live?.revision,
    window: run?.status.window,
  });
}
