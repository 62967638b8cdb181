import type { PartAction, PartName } from "./client.ts";
import type { Part } from "./part.ts";

/** The running processes of one lab, by name. They are ended in reverse order. */
export class Parts {
  readonly #parts = new Map<PartName, Part>();
  readonly #stack: AsyncDisposableStack;

  constructor(stack: AsyncDisposableStack) {
    this.#stack = stack;
  }

  /** Starts it; it is ended with the lab even when it never becomes ready. */
  async start(name: PartName, part: Part): Promise<void> {
    this.#parts.set(name, part);
    this.#stack.defer(() => part.stop());
    await part.start();
  }

  async act(name: PartName, action: PartAction): Promise<void> {
    const part = this.#parts.get(name);
    if (part === undefined) throw new Error(`this lab was started without ${name}`);
    await part[action]();
  }
}
