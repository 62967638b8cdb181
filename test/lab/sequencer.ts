import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { secondsOf, shareOut } from "./durations.ts";

/** Lab tests run in several labs side by side (`--shard=1/2`), each of which should be through at about the same time. */
export class LabSequencer extends BaseSequencer {
  override async shard(specs: TestSpecification[]): Promise<TestSpecification[]> {
    const { index, count } = this.ctx.config.shard ?? { index: 1, count: 1 };
    const mine = new Set(shareOut(specs.map(this.#fileOf), count)[index - 1]);
    return specs.filter((spec) => mine.has(this.#fileOf(spec)));
  }

  override async sort(specs: TestSpecification[]): Promise<TestSpecification[]> {
    const isLab = specs.every((spec) => spec.project.name === "e2e");
    if (!isLab) return super.sort(specs);
    return specs.toSorted((a, b) => secondsOf(this.#fileOf(b)) - secondsOf(this.#fileOf(a)));
  }

  readonly #fileOf = (spec: TestSpecification): string => relative(this.ctx.config.root, spec.moduleId);
}
