import { Command } from "commander";
import type { DemoFlags } from "./demo/play.ts";

/** `sluice demo`: two releases on a simulated cluster, one good and one bad. */
export function demoCommand(): Command {
  return new Command("demo")
    .summary("watch a good and a bad release, without a cluster")
    .description(
      "Runs the real controller on a simulated cluster, mesh, Prometheus and users, several times as fast as time: one version is " +
        "promoted, the next fails half of its requests and is taken back. Needs no cluster and no network, takes under 20 s, and " +
        "comes out the same every time. Exits with 1 when it does not come out as told.",
    )
    .option("--fast", "do not wait: print what happens line by line, in about two seconds", false)
    .option("--json", "one JSON object a line for each event, transition and change of weights; a summary last", false)
    .option("--no-color", "no colours (also: the environment variable NO_COLOR)")
    .addHelpText("after", "\nExamples:\n  sluice demo\n  sluice demo --fast --json | tail -n 1 | jq .acts\n")
    .action(async (flags: DemoFlags) => {
      const { playDemo } = await import("./demo/play.ts");
      process.exitCode = await playDemo(flags);
    });
}
