import { rename, writeFile } from "node:fs/promises";
import type { PodSummary } from "./types.ts";

/** Keeps Prometheus' file of pods to scrape. Changes that come together are written once. */
export class TargetsFile {
  readonly #path: string;
  readonly #pods: () => Iterable<PodSummary>;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, pods: () => Iterable<PodSummary>) {
    this.#path = path;
    this.#pods = pods;
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.write()).catch(() => undefined);
    }, 20);
  }

  async write(): Promise<void> {
    const groups = [...this.#pods()].map(({ address, namespace, name }) => ({
      targets: [`${address}:15020`],
      labels: { namespace, pod: name },
    }));
    // Prometheus reads whenever the folder changes: it must never meet half a file.
    await writeFile(`${this.#path}.new`, JSON.stringify(groups));
    await rename(`${this.#path}.new`, this.#path);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
  }
}
