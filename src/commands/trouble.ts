import { explain } from "./explain.ts";

/**
 * Gives what tells a person that the cluster cannot be asked just now and is asked again, each reason once. `say` gets a line without
 * its end.
 */
export function troubleTeller(server: string, say: (line: string) => void): (error: unknown) => void {
  const told = new Set<string>();
  return (error) => {
    const explained = explain(error, server);
    const [reason = ""] = (explained instanceof Error ? explained.message : String(explained)).split("\n");
    if (told.has(reason)) return;
    told.add(reason);
    say(`${reason}; it is asked again`);
  };
}
