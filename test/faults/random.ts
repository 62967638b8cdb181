/** `npm run faults:random`: plays random schedules of faults, with a seed of its own. */
import { Command, InvalidArgumentError } from "commander";
import { playBatch } from "./batch.ts";
import { ACTION_KINDS, type Action } from "./schedule.ts";
import { search, summary, toldFailure } from "./search.ts";

interface Options {
  runs: number;
  minutes: number;
  seed: number;
  path?: string;
  kinds: readonly Action["kind"][];
  shrink: number;
}

const command = new Command("faults:random")
  .description(
    "Plays random schedules of faults, edits, commands and crashes against the real controller on the simulated cluster, and " +
      "shows the first one that breaks a promise, as short as it can be made.",
  )
  .option("--runs <number>", "schedules at most", whole, 1_000)
  .option("--minutes <number>", "begin no more after this long", positive, 60)
  .option("--seed <number>", "draw the same schedules again; a new one each time when absent", whole, newSeed())
  .option("--path <path>", "with --seed, as a failure tells them: play that one schedule again")
  .option("--kinds <kinds>", "kinds of action, with commas between them", kindsOf, ACTION_KINDS)
  .option("--shrink <seconds>", "give up shortening a failing schedule after this long", whole, 300)
  .parse();

const { runs, minutes, seed, path, kinds, shrink } = command.opts<Options>();
const shrinkMs = shrink * 1_000;
if (path === undefined) {
  let toldPlayed = 0;
  const onProgress = (played: number) => {
    if (played < toldPlayed + 500) return;
    toldPlayed = played;
    console.log(`${played} schedules`);
  };
  console.log(`seed ${seed}`);
  const searched = await search({ seed, runs, limitMs: minutes * 60_000, kinds, shrinkMs, onProgress });
  for (const failure of searched.failures) console.log(toldFailure(failure));
  console.log(summary(searched, seed));
  process.exitCode = searched.failures.length > 0 ? 1 : 0;
} else {
  const { failure } = await playBatch({ seed, runs: 1, kinds, shrinkMs, path });
  console.log(failure === undefined ? "it breaks no promise" : toldFailure(failure));
  process.exitCode = failure === undefined ? 0 : 1;
}

function newSeed(): number {
  return Math.floor(Math.random() * 0x7fff_ffff);
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("expected a whole number, 0 or more.");
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("expected a number above 0.");
  return value;
}

function kindsOf(text: string): Action["kind"][] {
  return text.split(",").map((name) => {
    const kind = ACTION_KINDS.find((one) => one === name);
    if (kind === undefined)
      throw new InvalidArgumentError(`there is no kind ${name}: the kinds are ${ACTION_KINDS.join(", ")}.`);
    return kind;
  });
}
