import { pino, type DestinationStream, type Logger } from "pino";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields that may carry a credential, at the depths at which libraries put them. */
const SECRET_FIELDS = ["authorization", "Authorization", "token", "password", "secret", "bearer", "cookie"];
const HOLDERS = [
  "",
  "*.",
  "headers.",
  "*.headers.",
  "err.config.headers.",
  "err.cause.config.headers.",
  "request.headers.",
];

/** JSON lines, one an entry. Every entry about one Rollout carries `rollout: "namespace/name"`, whatever its writer called it. */
export function createLog(options: { level: LogLevel; destination?: DestinationStream }): Logger {
  return pino(
    {
      level: options.level,
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: HOLDERS.flatMap((holder) => SECRET_FIELDS.map((field) => `${holder}${field}`)), censor: "***" },
      formatters: {
        level: (label) => ({ level: label }),
        log: ({ key, ...fields }) =>
          typeof key === "string" && !("rollout" in fields)
            ? { rollout: key, ...fields }
            : key === undefined
              ? fields
              : { key, ...fields },
      },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}
