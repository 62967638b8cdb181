/** What a command ends with, as shells and scripts see it. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** A failure whose message is all that a person needs: what is wrong, and what to do next. No stack is shown. */
export class CommandFailure extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number = EXIT.failed, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CommandFailure";
    this.exitCode = exitCode;
  }
}

/** The command was typed wrong. */
export function usage(message: string): CommandFailure {
  return new CommandFailure(message, EXIT.usage);
}
